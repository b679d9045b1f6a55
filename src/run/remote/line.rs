//! The lines between the head and a worker, `caviar trial`: a request is a line of JSON, and so is every answer to it.
//!
//! An answer is `{"caviar":1,"check":"…",REST` where the check is the BLAKE3 of REST, so that a line is known to be whole and unchanged by
//! itself, whatever became of the process that wrote it. A request is answered by exactly one of `run`, `failed` and `refused`; `epoch` and
//! `state` come before it where they are asked for. `docs/trial.md` describes the fields.

use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};

use crate::plan::training::Task;
use crate::record::{NUMERICS, Run};
use crate::store::{Key, key};

/// The version of the lines.
pub const VERSION: u32 = 1;

/// A larger state of a training is not sent: what would go on from it is trained from the beginning, to the same bits.
pub const STATE_LIMIT: usize = 48 << 20;

/// What a worker is asked to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// [`VERSION`].
    pub caviar: u32,
    /// [`NUMERICS`].
    pub numerics: u32,
    /// What the result is stored under; made from the task where it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Key>,
    /// What is to be done.
    pub task: Task,
    /// The files that the data are read from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<Needed>,
    /// Where a program runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<PathBuf>,
    /// Whether epochs are told as they end.
    #[serde(default, skip_serializing_if = "is_false")]
    pub live: bool,
    /// Whether epochs are told now and then, with nothing else done than without.
    #[serde(default, skip_serializing_if = "is_false")]
    pub followed: bool,
    /// Whether states of the training are told.
    #[serde(default, skip_serializing_if = "is_false")]
    pub states: bool,
    /// A state of the training to go on from.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "encoded")]
    pub state: Option<Vec<u8>>,
}

/// A file that data are read from.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Needed {
    /// Where it is on the machine that asks.
    pub path: PathBuf,
    /// Of its bytes.
    pub hash: Key,
    /// How many bytes.
    pub size: u64,
}

fn is_false(flag: &bool) -> bool {
    !flag
}

mod encoded {
    use serde::{Deserialize, Deserializer, Serializer};

    use super::{BASE64, Engine};

    pub fn serialize<S: Serializer>(bytes: &Option<Vec<u8>>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&BASE64.encode(bytes.as_deref().unwrap_or_default()))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<u8>>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        text.map(|text| BASE64.decode(text).map_err(serde::de::Error::custom)).transpose()
    }
}

/// What is known of a request before its task is understood.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Label {
    caviar: u32,
    numerics: u32,
    key: Option<Key>,
}

impl Request {
    /// A task for a worker, with nothing else.
    pub fn new(task: Task) -> Self {
        Request {
            caviar: VERSION,
            numerics: NUMERICS,
            key: Some(key::task(&task)),
            task,
            files: Vec::new(),
            folder: None,
            live: false,
            followed: false,
            states: false,
            state: None,
        }
    }

    /// As a line.
    pub fn write(&self) -> String {
        serde_json::to_string(self).expect("plain data has string keys")
    }

    /// From a line, with its key.
    ///
    /// # Errors
    /// The key, where it can be read, and why this version cannot do what is asked.
    pub fn read(text: &str) -> Result<(Key, Request), (Option<Key>, String)> {
        let label: Label = serde_json::from_str(text).map_err(|e| (None, format!("this is no request: {e}")))?;
        let failed = |why: String| (label.key, why);
        if (label.caviar, label.numerics) != (VERSION, NUMERICS) {
            let Label { caviar, numerics, .. } = label;
            return Err(failed(format!(
                "the request is of another version of caviar (lines {caviar}, numerics {numerics}; here {VERSION} and {NUMERICS})"
            )));
        }
        let request: Request =
            serde_json::from_str(text).map_err(|e| failed(format!("this is no request of this version: {e}")))?;
        let key = key::task(&request.task);
        match request.key {
            Some(given) if given != key => Err(failed(format!(
                "the task has the key {} here, and {} where it was made: use the same version of caviar on both sides",
                key.short(),
                given.short()
            ))),
            _ => Ok((key, request)),
        }
    }
}

/// What a worker says.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// What came of the task.
    Run(Key, Run),
    /// The task cannot be done anywhere: why.
    Failed(Key, String),
    /// This worker cannot do what is asked: why. Another may.
    Refused(Option<Key>, String),
    /// An epoch ended: the metrics so far.
    Epoch(Key, Run),
    /// The state of the training after so many epochs.
    State(Key, u32, Vec<u8>),
}

/// Why a line is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoAnswer {
    /// Something else wrote it.
    #[error("it is not of the form {{\"caviar\":{VERSION},\"check\":\"…\",…}}")]
    Foreign,
    /// Bytes of it are changed or missing.
    #[error("its check does not fit: the line is damaged")]
    Damaged,
    /// Its check fits and its fields do not.
    #[error("its fields are not those of version {VERSION}")]
    Fields,
}

/// Everything after the check.
#[derive(Serialize, Deserialize)]
struct Rest<'a> {
    kind: &'a str,
    key: Option<Key>,
    numerics: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    run: Option<Run>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    epoch: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none", with = "encoded")]
    state: Option<Vec<u8>>,
}

const BEGINNING: &str = "{\"caviar\":1,\"check\":\"";

impl Answer {
    /// As a line.
    pub fn write(&self) -> String {
        let rest = Rest { kind: "", key: None, numerics: NUMERICS, run: None, why: None, epoch: None, state: None };
        let rest = match self.clone() {
            Answer::Run(key, run) => Rest { kind: "run", key: Some(key), run: Some(run), ..rest },
            Answer::Failed(key, why) => Rest { kind: "failed", key: Some(key), why: Some(why), ..rest },
            Answer::Refused(key, why) => Rest { kind: "refused", key, why: Some(why), ..rest },
            Answer::Epoch(key, run) => Rest { kind: "epoch", key: Some(key), run: Some(run), ..rest },
            Answer::State(key, epoch, state) => {
                Rest { kind: "state", key: Some(key), epoch: Some(epoch), state: Some(state), ..rest }
            }
        };
        let text = serde_json::to_string(&rest).expect("plain data has string keys");
        let rest = &text[1..];
        format!("{BEGINNING}{}\",{rest}", blake3::hash(rest.as_bytes()).to_hex())
    }

    /// From a line.
    ///
    /// # Errors
    /// When it is not, byte for byte, what a worker wrote.
    pub fn read(line: &str) -> Result<Answer, NoAnswer> {
        let line = line.trim_end_matches(['\n', '\r']);
        let (check, rest) =
            line.strip_prefix(BEGINNING).and_then(|line| line.split_once("\",")).ok_or(NoAnswer::Foreign)?;
        if blake3::hash(rest.as_bytes()).to_hex().as_str() != check {
            return Err(NoAnswer::Damaged);
        }
        let text = format!("{{{rest}");
        let Rest { kind, key, numerics, run, why, epoch, state } =
            serde_json::from_str(&text).map_err(|_| NoAnswer::Fields)?;
        if numerics != NUMERICS {
            return Err(NoAnswer::Fields);
        }
        let key = |_| key.ok_or(NoAnswer::Fields);
        match (kind, run, why, epoch, state) {
            ("run", Some(run), ..) => Ok(Answer::Run(key(())?, run)),
            ("failed", _, Some(why), ..) => Ok(Answer::Failed(key(())?, why)),
            ("refused", _, Some(why), ..) => Ok(Answer::Refused(key(()).ok(), why)),
            ("epoch", Some(run), ..) => Ok(Answer::Epoch(key(())?, run)),
            ("state", _, _, Some(epoch), Some(state)) => Ok(Answer::State(key(())?, epoch, state)),
            _ => Err(NoAnswer::Fields),
        }
    }

    /// Whether it is the last of its request.
    pub fn is_last(&self) -> bool {
        matches!(self, Answer::Run(..) | Answer::Failed(..) | Answer::Refused(..))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::training::Command;
    use crate::record::Outcome;

    fn command(line: &str) -> Task {
        Task::Command(Command { line: line.into(), limit: Some(0.1), repetition: 1, seed: 7 })
    }

    fn run() -> Run {
        let mut run = Run::empty("k".into(), 1, Outcome::Finished);
        run.series.insert("dev.loss".into(), vec![0.1, f64::NAN, 1e-300]);
        run.metrics.insert("dev.loss".into(), f64::INFINITY);
        run
    }

    #[test]
    fn requests_and_answers_are_read_back() {
        let request = Request { live: true, state: Some(vec![0, 255, 7]), ..Request::new(command("true")) };
        let (key, back) = Request::read(&request.write()).unwrap();
        assert_eq!((key, back), (key::task(&request.task), request));
        for answer in [
            Answer::Failed(key, "µ \"quoted\"\nline".into()),
            Answer::Refused(None, "no".into()),
            Answer::Refused(Some(key), "no".into()),
            Answer::State(key, 3, vec![1; 1000]),
        ] {
            assert!(!answer.write().contains('\n'));
            assert_eq!(Answer::read(&answer.write()), Ok(answer));
        }
        let Ok(Answer::Run(_, back)) = Answer::read(&Answer::Run(key, run()).write()) else { panic!("no run") };
        assert_eq!(crate::store::merge::bits_of_run(&back), crate::store::merge::bits_of_run(&run()));
    }

    #[test]
    fn any_changed_byte_is_found() {
        let line = Answer::Epoch(Key::of_bytes(b"x"), run()).write();
        for at in 0..line.len() {
            let mut bytes = line.clone().into_bytes();
            bytes[at] ^= 1;
            let Ok(changed) = String::from_utf8(bytes) else { continue };
            assert!(Answer::read(&changed).is_err(), "{changed}");
            assert!(Answer::read(&line[..at]).is_err(), "{at}");
        }
        assert_eq!(Answer::read("loading data"), Err(NoAnswer::Foreign));
        assert_eq!(Answer::read(&line.replace("epoch", "era")), Err(NoAnswer::Damaged));
    }

    #[test]
    fn requests_of_others_are_refused_with_the_reason() {
        let why = |text: &str| Request::read(text).unwrap_err();
        assert!(why("x").1.contains("no request"));
        assert!(why("{}").1.contains("another version"));
        let line = Request::new(command("true")).write();
        let key = Some(key::task(&command("true")));
        assert_eq!(why(&line.replace("\"caviar\":1", "\"caviar\":2")).0, key);
        assert!(why(&line.replace("\"caviar\":1", "\"caviar\":2")).1.contains("lines 2"));
        assert!(why(&line.replace("true", "false")).1.contains("the same version"));
        assert!(why(&line.replace("Command", "Order")).1.contains("no request of this version"));
    }
}
