//! Results beside the text, looked up on a thread of their own: an adaptive search is replayed for it, and typing must not wait.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use lsp_server::{ErrorCode, Message, RequestId, Response};
use lsp_types::{InlayHint, InlayHintLabel, InlayHintParams, InlayHintTooltip};

use super::convert;
use crate::ide::{self, Analysis, Either, LockResults, NoResults, Results, StoredResults};
use crate::plan::notebook::Notebook;
use crate::record::lock::Lock;
use crate::run::datasets::Datasets;
use crate::source::Source;
use crate::store::{self, Store};

/// A question for hints, with all that its answer is made from.
pub struct Asked {
    /// Of the request.
    pub id: RequestId,
    /// Which part of the text.
    pub params: InlayHintParams,
    /// The file.
    pub path: PathBuf,
    /// The text as it stands.
    pub analysis: Arc<Analysis>,
    /// Its last plan without mistakes.
    pub notebook: Option<Arc<Notebook>>,
    /// What its lock says.
    pub lock: Option<Arc<Lock>>,
    /// Data that are read already.
    pub datasets: Arc<Datasets>,
    /// Raised whenever something on the disk may have changed.
    pub state: u64,
}

/// Begin to answer; `send` is called from another thread. It ends when nobody can ask any more.
pub fn answering(send: impl Fn(Message) + Send + 'static) -> Sender<Asked> {
    let (asks, asked) = channel();
    std::thread::spawn(move || answer_all(&asked, &send));
    asks
}

/// What was gathered last of a file, and from what.
struct Gathered {
    notebook: Arc<Notebook>,
    state: u64,
    results: StoredResults,
}

fn answer_all(asked: &Receiver<Asked>, send: &dyn Fn(Message)) {
    let mut stores: HashMap<PathBuf, Store> = HashMap::new();
    let mut gathered: HashMap<PathBuf, Gathered> = HashMap::new();
    while let Ok(first) = asked.recv() {
        let mut waiting = vec![first];
        waiting.extend(asked.try_iter());
        while !waiting.is_empty() {
            let one = waiting.remove(0);
            // Of a text that has changed since, nobody wants to know.
            let late = waiting.iter().any(|next| next.path == one.path && !Arc::ptr_eq(&next.analysis, &one.analysis));
            let response = match late {
                true => Response::new_err(one.id, ErrorCode::ContentModified as i32, "the text has changed".into()),
                false => Response::new_ok(one.id.clone(), hints(&one, &mut stores, &mut gathered)),
            };
            send(response.into());
            waiting.extend(asked.try_iter());
        }
    }
}

fn hints(
    asked: &Asked,
    stores: &mut HashMap<PathBuf, Store>,
    gathered: &mut HashMap<PathBuf, Gathered>,
) -> Vec<InlayHint> {
    let source = asked.analysis.sources.get(0);
    let wanted = convert::bytes(source, asked.params.range);
    let stored = asked.notebook.as_ref().and_then(|notebook| look_up(asked, notebook, stores, gathered));
    let locked = asked.lock.as_ref().map(|lock| LockResults { lock, notebook: asked.notebook.as_deref() });
    let first: &dyn Results = match stored {
        Some(results) => results,
        None => &NoResults,
    };
    let second: &dyn Results = match &locked {
        Some(results) => results,
        None => &NoResults,
    };
    let found = ide::hints(&asked.analysis, &Either(first, second));
    let within = found.into_iter().filter(|hint| hint.offset >= wanted.start && hint.offset <= wanted.end);
    within.map(|found| hint(found, source)).collect()
}

/// What the store has; gathered again only when the plan or the store has changed.
fn look_up<'g>(
    asked: &Asked,
    notebook: &Arc<Notebook>,
    stores: &mut HashMap<PathBuf, Store>,
    gathered: &'g mut HashMap<PathBuf, Gathered>,
) -> Option<&'g StoredResults> {
    let folder = store::locate(&asked.path);
    if !stores.contains_key(&folder) {
        stores.insert(folder.clone(), Store::open(&folder).ok()?);
    }
    let store = &stores[&folder];
    let news = store.refresh().is_ok_and(|new| new > 0);
    let known =
        gathered.get(&asked.path).is_some_and(|last| !news && last.state == asked.state && last.notebook == *notebook);
    if !known {
        let base = asked.path.parent().unwrap_or(Path::new(""));
        let results = StoredResults::gather(&asked.path, notebook, store, &asked.datasets, base);
        if news {
            // Of the other files of this store, too, more is known now.
            gathered.clear();
        }
        let last = Gathered { notebook: notebook.clone(), state: asked.state, results };
        gathered.insert(asked.path.clone(), last);
    }
    gathered.get(&asked.path).map(|last| &last.results)
}

fn hint(hint: ide::Hint, source: &Source) -> InlayHint {
    InlayHint {
        position: convert::position(source, hint.offset),
        label: InlayHintLabel::String(hint.text),
        kind: None,
        text_edits: None,
        tooltip: Some(InlayHintTooltip::String(hint.tooltip)),
        padding_left: Some(true),
        padding_right: None,
        data: None,
    }
}
