//! Tasks done by other processes: `caviar trial`, and runs whose workers are processes of this machine.

use std::io::Write;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use caviar::run::remote::line::Answer;

use crate::harness::Project;

const NOTEBOOK: &str = r#"
data rows { source = csv("rows.csv", target = y), normalize = zscore }
data digits { source = digits(), limit = 300 }
network mlp { dense(int(4, 12)) -> relu -> dense(classes) -> softmax }
network fixed { dense(4) -> relu -> dense(classes) -> softmax }

experiment searched {
  data = rows, network = mlp, optimizer = adam(rate = log(1e-3, 1e-1))
  epochs = 4, search = tpe(trials = 14), lag = 3, seeds = 2, minimize = dev.loss
}
experiment pruned {
  data = digits, network = mlp, optimizer = adam(rate = log(1e-3, 1e-1)), epochs = 9
  search = random(trials = 9), prune = halving(factor = 3, from = 1), minimize = dev.loss
}
experiment single {
  data = rows, network = fixed, epochs = 5
  at epoch 3 { rate = 1e-4 }
}
table { of = [searched, pruned], show = [dev.loss, dev.auc] }
plot "Confusion" { of = searched.best, draw = confusion }
"#;

fn rows() -> String {
    let class = |i: u32| if (i * 7) % 11 < 5 { "low" } else { "high" };
    let rows = (0..90).map(|i| format!("{},{},{}\n", (i * 7) % 11, (i * 5) % 13, class(i)));
    format!("a,b,y\n{}", rows.collect::<String>())
}

fn project() -> Project {
    Project::new().file("n.exp", NOTEBOOK).file("rows.csv", rows())
}

#[test]
fn processes_give_the_lock_and_the_pictures_of_threads() {
    let (local, remote) = (project(), project());
    local.run(&["run", "n.exp"]).code(0);
    remote.run(&["run", "n.exp", "--on", "processes=3"]).code(0).says("searched: 14 trials trained");
    assert_eq!(local.read("n.lock"), remote.read("n.lock"));
    let picture = |project: &Project| std::fs::read(project.path("n.out/confusion.png")).expect("a picture");
    assert_eq!(picture(&local), picture(&remote));
    remote.run(&["run", "n.exp", "--on", "processes=1"]).code(0).says("searched: 14 trials, all stored");
    remote.run(&["verify", "--all", "n.exp", "--on", "processes=2"]).code(0).prints("with the same bits");
}

#[test]
fn more_epochs_go_on_from_the_states_that_workers_sent() {
    let project = project();
    project.run(&["run", "n.exp", "--on", "processes=2", "--only", "single"]).code(0);
    project.write("n.exp", NOTEBOOK.replace("epochs = 5", "epochs = 8"));
    project.run(&["run", "--plan", "n.exp", "--only", "single"]).code(4).prints("single: 1 continued");
    project.run(&["run", "n.exp", "--on", "processes=2", "--only", "single"]).code(0);
    let lock = project.read("n.lock");
    std::fs::remove_dir_all(project.path(".caviar")).unwrap();
    project.run(&["run", "n.exp", "--only", "single"]).code(0);
    assert_eq!(lock, project.read("n.lock"));
}

/// The requests of a notebook.
fn listed(project: &Project) -> Vec<String> {
    project.run(&["trial", "--list", "n.exp"]).code(0).stdout().lines().map(String::from).collect()
}

fn spawn(project: &Project, args: &[&str]) -> Child {
    let mut command = project.command(args);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts")
}

/// What the program does with this on its input: exit code, standard output and standard error.
fn fed(project: &Project, args: &[&str], input: &str) -> (i32, String, String) {
    let mut child = spawn(project, args);
    child.stdin.take().expect("an input").write_all(input.as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
}

#[test]
fn tasks_can_be_listed_done_and_kept_by_hand() {
    let project = project();
    let requests = listed(&project);
    // Of the adaptive search what its lag allows, of each trial that is pruned its first rung, and the single one.
    assert_eq!(requests.len(), 3 * 2 + 9 + 1);
    let (code, record, _) = fed(&project, &["trial"], &requests[0]);
    assert_eq!((code, record.lines().count()), (0, 1));
    assert!(matches!(Answer::read(&record), Ok(Answer::Run(..))));

    let (code, records, _) = fed(&project, &["trial", "--bundle"], &requests.join("\n"));
    assert_eq!((code, records.lines().count()), (0, requests.len()));
    let same = |line: &str| match Answer::read(line) {
        Ok(Answer::Run(key, run)) => (key, run.series),
        other => panic!("{other:?}"),
    };
    assert_eq!(same(records.lines().next().expect("a line")), same(&record));
    let (code, _, said) = fed(&project, &["trial", "--keep", "n.exp"], &records);
    assert!(code == 0 && said.starts_with("16 records"), "{said}");
    assert!(!listed(&project).iter().any(|line| requests.contains(line)));
    project.run(&["run", "n.exp", "--only", "single"]).code(0).says("single: 1 trial, all stored");

    let (code, _, said) = fed(&project, &["trial", "--keep", "n.exp"], &records.replacen("0.", "1.", 1));
    assert!(code == 3 && said.contains("line 1: its check does not fit"), "{said}");
}

#[test]
fn a_worker_without_the_data_says_which_file_and_which_hash() {
    let project = project();
    let request = listed(&project).into_iter().find(|line| line.contains("rows.csv")).expect("a request");
    std::fs::rename(project.path("rows.csv"), project.path("elsewhere.csv")).unwrap();
    let hash = blake3::hash(rows().as_bytes()).to_hex().to_string();
    let cache = project.path("cache").display().to_string();
    let trial = || fed(&project, &["trial", "--data-cache", &cache], &request);
    let (code, out, said) = trial();
    assert!(code == 3 && said.contains("rows.csv") && said.contains(&hash), "{said}");
    assert!(matches!(Answer::read(&out), Ok(Answer::Refused(Some(_), _))));
    std::fs::create_dir(&cache).unwrap();
    std::fs::rename(project.path("elsewhere.csv"), project.path("cache").join(&hash)).unwrap();
    let (code, out, _) = trial();
    assert!(code == 0 && matches!(Answer::read(&out), Ok(Answer::Run(..))));

    let (code, out, said) = fed(&project, &["trial"], "{\"caviar\": 9}");
    assert!(code == 3 && said.contains("another version"), "{said}");
    assert!(matches!(Answer::read(&out), Ok(Answer::Refused(None, _))));
}

#[test]
fn an_attached_worker_stops_when_its_input_closes() {
    let project = Project::new().file("n.exp", SLEEPING).file("slow.sh", SLOW.replace("0.2", "60"));
    let request = listed(&project)[0].clone() + "\n";
    let mut child = spawn(&project, &["trial", "--bundle", "--attached"]);
    let mut input = child.stdin.take().expect("an input");
    input.write_all(request.as_bytes()).unwrap();
    std::thread::sleep(Duration::from_millis(300));
    let started = Instant::now();
    drop(input);
    let output = child.wait_with_output().unwrap();
    assert!(started.elapsed() < Duration::from_secs(20) && output.stdout.is_empty());
    assert_eq!(output.status.code(), Some(3));
}

const SLOW: &str = "sleep 0.2; echo \"{\\\"dev.loss\\\": $1}\"\n";

const SLEEPING: &str = r#"
experiment slow {
  run = command("sh slow.sh {x}")
  x = linear(1, 2)
  search = random(trials = 12)
  minimize = dev.loss
}
"#;

#[test]
fn a_head_that_is_killed_and_started_again_asks_only_for_what_is_missing() {
    let project = Project::new().file("n.exp", SLEEPING).file("slow.sh", SLOW);
    let mut head = spawn(&project, &["run", "n.exp", "--on", "processes=2"]);
    let (started, runs) = (Instant::now(), project.path(".caviar/runs"));
    let stored = || {
        let files = std::fs::read_dir(&runs).into_iter().flatten().flatten();
        files.filter_map(|file| file.metadata().ok()).map(|data| data.len()).sum::<u64>()
    };
    while stored() == 0 && started.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(20));
    }
    head.kill().unwrap();
    head.wait().unwrap();
    let ran = project.run(&["run", "n.exp", "--on", "processes=2"]).code(0);
    let said = ran.stderr();
    let trained: u32 = said
        .lines()
        .find_map(|line| line.strip_prefix("slow: 12 trials; ")?.split_once(" of 12 runs trained")?.0.parse().ok())
        .unwrap_or_else(|| panic!("{said}"));
    assert!((1..12).contains(&trained));
    let local = Project::new().file("n.exp", SLEEPING).file("slow.sh", SLOW);
    local.run(&["run", "n.exp"]).code(0);
    assert_eq!(project.read("n.lock"), local.read("n.lock"));
}

/// Kills the worker that started it, if nobody did so before.
const DEADLY: &str = r#"
if [ "$1" = die ] && mkdir killed 2>/dev/null; then
  process=$PPID
  until tr '\0' ' ' < /proc/$process/cmdline | grep -q ' trial --bundle'; do
    process=$(awk '/^PPid/ { print $2 }' /proc/$process/status)
  done
  kill -KILL $process
  sleep 1
fi
echo "{\"dev.loss\": $2}"
"#;

#[test]
fn a_worker_that_is_killed_costs_one_attempt() {
    let text = r#"
experiment programs {
  run = command("sh deadly.sh HOW {x}")
  x = linear(1, 2)
  search = random(trials = 8)
  minimize = dev.loss
}
"#;
    let project = |how: &str| Project::new().file("n.exp", text.replace("HOW", how)).file("deadly.sh", DEADLY);
    let killed = project("die");
    let ran = killed.run(&["run", "n.exp", "--on", "processes=2", "--json"]).code(0);
    let lost: Vec<serde_json::Value> = ran
        .stdout()
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .filter(|line: &serde_json::Value| line["kind"] == "lost")
        .collect();
    assert_eq!(lost.len(), 1, "{}", ran.stdout());
    assert_eq!((lost[0]["experiment"].as_str(), lost[0]["attempt"].as_u64()), (Some("programs"), Some(1)));
    assert!(lost[0]["why"].as_str().is_some_and(|why| why.contains("signal: 9")), "{lost:?}");
    let csv = |project: &Project| project.read("n.out/trials.csv").lines().count();
    assert_eq!(csv(&killed), 9);

    // Once more with the terminal's words.
    let killed = project("die");
    killed
        .run(&["run", "n.exp", "--on", "processes=1"])
        .code(0)
        .says("attempt 1 lost: a worker on process")
        .says("8 trials trained; 1 attempt lost and sent again");
}

#[test]
fn places_for_workers_are_checked() {
    let project = project();
    project.run(&["run", "n.exp", "--on", "rye"]).code(1).says("`ray=ADDRESS`");
    project.run(&["run", "n.exp", "--on", "processes=none"]).code(1).says("no number of processes");
    let mut command = project.command(&["run", "n.exp", "--on", "ray"]);
    let output = command.env("CAVIAR_PYTHON", "/nowhere/python3").output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.code() == Some(3) && said.contains("/nowhere/python3 cannot be started"), "{said}");
}

#[test]
fn no_cluster_is_asked_for_where_nothing_is_to_be_trained() {
    let project = project();
    project.run(&["run", "n.exp"]).code(0);
    // Neither Slurm nor Ray is anywhere to be found.
    let said = |args: &[&str]| {
        let mut command = project.command(&[&["run", "n.exp"], args].concat());
        command
            .env("PATH", project.path("nowhere"))
            .env("CAVIAR_PYTHON", "/nowhere/python3")
            .env_remove("SLURM_JOB_ID");
        let output = command.output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    for on in ["slurm", "ray"] {
        let (code, text) = said(&["--on", on]);
        assert!(code == Some(0) && text.contains("searched: 14 trials, all stored"), "{on}: {text}");
    }
    let asked = "sbatch cannot be started";
    let (code, text) = said(&["--on", "slurm", "--fresh"]);
    assert!(code == Some(3) && text.contains(asked), "{text}");
    project.write("n.exp", NOTEBOOK.replace("epochs = 5", "epochs = 6"));
    let (code, text) = said(&["--on", "slurm"]);
    assert!(code == Some(3) && text.contains(asked), "{text}");
    let (code, text) = said(&["--on", "slurm", "--only", "searched"]);
    assert!(code == Some(0) && text.contains("all stored"), "{text}");
    // A mistake is told at once, and not by a job.
    project.write("n.exp", NOTEBOOK.replace("trials = 14", "trails = 14"));
    let (code, text) = said(&["--on", "slurm"]);
    assert!(code == Some(2) && !text.contains(asked), "{text}");
}

#[test]
fn a_program_ends_with_a_worker_that_is_killed() {
    let text = "sleep 600 & echo $! > sleeper; wait\n";
    let project = Project::new().file("n.exp", SLEEPING).file("slow.sh", text);
    let request = listed(&project)[0].clone() + "\n";
    let mut child = spawn(&project, &["trial", "--bundle", "--attached"]);
    let mut input = child.stdin.take().expect("an input");
    input.write_all(request.as_bytes()).unwrap();
    let within = |what: &str, condition: &dyn Fn() -> bool| {
        let started = Instant::now();
        while !condition() {
            assert!(started.elapsed() < Duration::from_secs(20), "{what}");
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    let sleeper =
        || std::fs::read_to_string(project.path("sleeper")).ok().and_then(|text| text.trim().parse::<u32>().ok());
    within("the program starts", &|| sleeper().is_some());
    child.kill().unwrap();
    child.wait().unwrap();
    let sleeper = sleeper().expect("a number");
    let status = format!("/proc/{sleeper}/status");
    // What nobody waits for stays as a zombie where the first process of the machine does not take it in.
    let gone = || std::fs::read_to_string(&status).map_or(true, |text| text.contains("State:\tZ"));
    within("the program ends", &gone);
}
