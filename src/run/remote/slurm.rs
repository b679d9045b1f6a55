//! Workers that are steps of an allocation of Slurm, all of whose nodes share a disk.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use super::line::Answer;
use super::pipe::{Desk, Heard, Pipe};
use super::{Bundle, Signal, Transport};

/// Says how much memory steps get, at odds with what they are given here.
const MEMORY: [&str; 3] = ["SLURM_MEM_PER_CPU", "SLURM_MEM_PER_GPU", "SLURM_MEM_PER_NODE"];

/// The allocation that this process runs in.
pub struct Slurm {
    program: PathBuf,
    nodes: Vec<Node>,
    steps: Vec<Step>,
    desk: Desk,
    /// How many steps have lost something.
    losses: u64,
}

struct Node {
    name: String,
    cpus: usize,
    used: usize,
    /// The number of its last step that lost something: it is left alone as long as others are there.
    lost: Option<u64>,
}

struct Step {
    bundle: u64,
    node: usize,
    cpus: usize,
    due: usize,
    cancelled: bool,
    pipe: Pipe,
}

impl Slurm {
    /// The allocation that the environment tells of. `names` are its nodes, `cpus` its cores as `SLURM_JOB_CPUS_PER_NODE` has them.
    ///
    /// # Errors
    /// When the environment is not that of an allocation.
    pub fn new(program: PathBuf, names: &[String], cpus: &str) -> Result<Self, String> {
        let counts = counts(cpus).filter(|counts| counts.len() == names.len() && !names.is_empty());
        let counts = counts.ok_or_else(|| {
            format!("Slurm's nodes ({}) and cores (SLURM_JOB_CPUS_PER_NODE is `{cpus}`) do not fit", names.join(" "))
        })?;
        let nodes = names.iter().zip(counts).map(|(name, cpus)| Node { name: name.clone(), cpus, used: 0, lost: None });
        Ok(Slurm { program, nodes: nodes.collect(), steps: Vec::new(), desk: Desk::new(), losses: 0 })
    }

    /// What the allocation is, in one line.
    pub fn about(&self) -> String {
        let names: Vec<&str> = self.nodes.iter().map(|node| node.name.as_str()).collect();
        format!("Slurm on {}: {} cores", names.join(", "), self.cpus())
    }

    /// Start what there is room for.
    fn assign(&mut self) {
        while let Some(bundle) = self.desk.waiting.front() {
            let cpus = bundle.cpus as usize;
            if self.nodes.iter().all(|node| node.cpus < cpus) {
                let why = format!("no node has {cpus} cores");
                self.desk.ready.push_back(Signal::Ended(bundle.id, why));
                self.desk.waiting.pop_front();
                continue;
            }
            let Some(place) = self.room(cpus) else { return };
            let Some(bundle) = self.desk.waiting.pop_front() else { return };
            self.step(&bundle, place);
        }
    }

    /// The best node for a step: with most cores free; one that has lost something only where there is no other, the longest ago first.
    fn room(&self, cpus: usize) -> Option<usize> {
        let large = || self.nodes.iter().enumerate().filter(|(_, node)| node.cpus >= cpus);
        let best = large().map(|(_, node)| node.lost).min()?;
        let open = large().filter(|(_, node)| node.lost == best && node.cpus - node.used >= cpus);
        open.max_by_key(|(place, node)| (node.cpus - node.used, usize::MAX - place)).map(|(place, _)| place)
    }

    fn step(&mut self, bundle: &Bundle, place: usize) {
        let node = &mut self.nodes[place];
        let cpus = bundle.cpus;
        let mut command = Command::new("srun");
        MEMORY.iter().for_each(|name| _ = command.env_remove(name));
        command
            .args(["--nodes=1", "--ntasks=1", "--exact", "--mem=0", "--quiet", "--unbuffered", "--kill-on-bad-exit=1"])
            .args([format!("--cpus-per-task={cpus}"), format!("--nodelist={}", node.name)])
            .arg(&self.program)
            .args(["trial", "--bundle", "--attached", "--threads", &cpus.to_string()]);
        self.desk.ready.push_back(Signal::At(bundle.id, node.name.clone()));
        match self.desk.start(&mut command, bundle.id) {
            Ok(mut pipe) => {
                pipe.write(&bundle.lines);
                node.used += cpus as usize;
                self.steps.push(Step {
                    bundle: bundle.id,
                    node: place,
                    cpus: cpus as usize,
                    due: bundle.lines.len(),
                    cancelled: false,
                    pipe,
                });
            }
            Err(why) => self.desk.ready.push_back(Signal::Ended(bundle.id, why)),
        }
    }

    fn hear(&mut self, heard: Heard) {
        let (Heard::Line(bundle, _) | Heard::End(bundle)) = heard;
        let Some(place) = self.steps.iter().position(|step| step.bundle == bundle) else { return };
        match heard {
            Heard::Line(_, line) => {
                let step = &mut self.steps[place];
                let last = Answer::read(&line).is_ok_and(|answer| answer.is_last());
                step.due = step.due.saturating_sub(usize::from(last));
                if step.due == 0 {
                    step.pipe.close();
                }
                self.desk.ready.push_back(Signal::Line(bundle, line));
            }
            Heard::End(_) => {
                let mut step = self.steps.swap_remove(place);
                let why = step.pipe.end();
                let node = &mut self.nodes[step.node];
                node.used -= step.cpus;
                if step.due > 0 && !step.cancelled {
                    self.losses += 1;
                    node.lost = Some(self.losses);
                }
                self.desk.ready.push_back(Signal::Ended(bundle, why));
            }
        }
    }
}

impl Transport for Slurm {
    fn start(&mut self, bundle: Bundle) {
        self.desk.waiting.push_back(bundle);
        self.assign();
    }

    fn cancel(&mut self, bundle: u64) {
        self.desk.withdraw(bundle);
        for step in self.steps.iter_mut().filter(|step| step.bundle == bundle) {
            step.cancelled = true;
            step.pipe.close();
        }
    }

    fn next(&mut self, wait: Duration) -> Option<Signal> {
        for heard in self.desk.listen(wait) {
            self.hear(heard);
        }
        self.assign();
        self.desk.ready.pop_front()
    }

    fn cpus(&self) -> usize {
        self.nodes.iter().map(|node| node.cpus).sum()
    }
}

/// `2(x2),4` is 2, 2 and 4.
fn counts(text: &str) -> Option<Vec<usize>> {
    let mut counts = Vec::new();
    for part in text.split(',') {
        let (count, times) = match part.split_once("(x") {
            None => (part, 1),
            Some((count, times)) => (count, times.strip_suffix(')')?.parse().ok()?),
        };
        let count: usize = count.parse().ok().filter(|&count| count > 0)?;
        counts.extend(std::iter::repeat_n(count, times));
    }
    Some(counts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_environment_says_which_cores_there_are() {
        assert_eq!(counts("2(x2),4"), Some(vec![2, 2, 4]));
        assert_eq!(counts("16"), Some(vec![16]));
        assert_eq!(counts("2(x2"), None);
        assert_eq!(counts(""), None);
        let slurm = Slurm::new("caviar".into(), &names(&["a", "b", "c"]), "2(x2),4").unwrap();
        assert_eq!(slurm.cpus(), 8);
        assert!(Slurm::new("caviar".into(), &names(&["a", "b"]), "2").is_err());
    }

    #[test]
    fn a_node_that_lost_something_is_left_alone_as_long_as_there_is_another() {
        let mut slurm = Slurm::new("caviar".into(), &names(&["a", "b", "c"]), "2,2,4").unwrap();
        assert_eq!(slurm.room(1), Some(2));
        slurm.nodes[2].lost = Some(1);
        assert_eq!(slurm.room(1), Some(0));
        assert_eq!(slurm.room(4), Some(2), "only there is room for so many");
        slurm.nodes[0].used = 2;
        slurm.nodes[1].used = 2;
        assert_eq!(slurm.room(1), None, "it waits for the others");
        slurm.nodes[0].lost = Some(2);
        slurm.nodes[1].lost = Some(3);
        assert_eq!(slurm.room(1), Some(2), "the one that lost something longest ago");
    }
}
