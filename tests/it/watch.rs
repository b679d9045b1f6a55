//! `caviar watch` as a person with an editor uses it.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::harness::Project;
use crate::plan::points;

const PATIENCE: Duration = Duration::from_secs(30);

const NOTEBOOK: &str = r#"
data points { source = csv("points.csv", target = kind), normalize = zscore }
network mlp { dense(4) -> tanh -> dense(classes) -> softmax }
experiment first {
  data = points, network = mlp
  optimizer = sgd(rate = choice(0.01, 0.02))
  epochs = 2
}
claim "version 0" { first.best.dev.loss < 9 }
"#;

fn version(n: usize) -> String {
    NOTEBOOK.replace("version 0", &format!("version {n}"))
}

fn project() -> Project {
    Project::new().file("first.exp", NOTEBOOK).file("points.csv", points(60))
}

/// The program, watching; it is ended with the value.
struct Watch {
    child: Child,
    lines: Arc<Mutex<Vec<(Instant, String)>>>,
}

impl Watch {
    fn start(project: &Project, args: &[&str]) -> Watch {
        let mut child = project
            .command(&[&["watch"], args].concat())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let lines = Arc::new(Mutex::new(Vec::new()));
        let collect = |out: Box<dyn Read + Send>| {
            let lines = Arc::clone(&lines);
            std::thread::spawn(move || {
                for line in BufReader::new(out).lines().map_while(Result::ok) {
                    lines.lock().unwrap().push((Instant::now(), line));
                }
            });
        };
        collect(Box::new(child.stdout.take().unwrap()));
        collect(Box::new(child.stderr.take().unwrap()));
        Watch { child, lines }
    }

    fn text(&self) -> String {
        self.lines.lock().unwrap().iter().map(|(_, line)| line.clone() + "\n").collect()
    }

    /// How many lines there are.
    fn now(&self) -> usize {
        self.lines.lock().unwrap().len()
    }

    /// Wait for a line after the first `from` that has the text; when it came, and how many lines there were then.
    #[track_caller]
    fn wait(&self, from: usize, text: &str) -> (Instant, usize) {
        let end = Instant::now() + PATIENCE;
        while Instant::now() < end {
            let lines = self.lines.lock().unwrap();
            if let Some(i) = (from..lines.len()).find(|&i| lines[i].1.contains(text)) {
                return (lines[i].0, i + 1);
            }
            drop(lines);
            std::thread::sleep(Duration::from_millis(2));
        }
        panic!("`{text}` did not come:\n{}", self.text());
    }

    #[track_caller]
    fn up_to_date(&self, from: usize) -> usize {
        self.wait(from, "report: ").1
    }

    /// Nothing is printed for so long.
    #[track_caller]
    fn quiet(&self, time: Duration) {
        // What was under way may come to its end.
        std::thread::sleep(Duration::from_millis(150));
        let before = self.now();
        std::thread::sleep(time);
        assert_eq!(before, self.now(), "{}", self.text());
    }

    fn interrupt(&mut self) -> Option<i32> {
        let sent = Command::new("kill").args(["-INT", &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
        self.child.wait().unwrap().code()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn every_way_of_saving_is_noticed_and_nothing_else() {
    let project = project();
    let path = project.path("first.exp");
    let mut watch = Watch::start(&project, &["."]);
    let mut at = watch.up_to_date(0);
    // Our own outputs, reads and a touch.
    Command::new("touch").arg(&path).status().unwrap();
    let _ = std::fs::read(&path);
    watch.quiet(Duration::from_millis(400));

    let mut n = 0;
    let mut expect = |watch: &Watch, how: &dyn Fn(&str)| {
        n += 1;
        how(&version(n));
        watch.wait(at, &format!("holds: version {n}"));
        at = watch.up_to_date(at);
    };
    expect(&watch, &|text| std::fs::write(&path, text).unwrap());
    // vim: the old file becomes the backup, the new one is written, the backup goes; and the same again at once.
    expect(&watch, &|text| {
        for _ in 0..2 {
            let backup = project.path("first.exp~");
            std::fs::rename(&path, &backup).unwrap();
            std::fs::write(&path, text).unwrap();
            std::fs::remove_file(&backup).unwrap();
        }
    });
    expect(&watch, &|text| {
        let new = project.path(".first.exp.swp");
        std::fs::write(&new, text).unwrap();
        std::fs::rename(&new, &path).unwrap();
    });
    expect(&watch, &|text| {
        let n = text.split("version ").nth(1).unwrap().split('"').next().unwrap();
        for number in ["99", n] {
            let script = format!("s/version [0-9]*/version {number}/");
            assert!(Command::new("sed").args(["-i", &script]).arg(&path).status().unwrap().success());
        }
    });
    expect(&watch, &|text| {
        std::fs::remove_file(&path).unwrap();
        std::thread::sleep(Duration::from_millis(30));
        std::fs::write(&path, text).unwrap();
    });
    watch.quiet(Duration::from_millis(300));
    std::fs::remove_file(&path).unwrap();
    at = watch.wait(at, "first.exp is gone").1;
    project.write("first.exp", version(70));
    watch.wait(at, "first.exp is new");
    watch.wait(at, "holds: version 70");
    at = watch.up_to_date(at);
    project.write("sub/second.exp", version(71).replace("points.csv", "../points.csv"));
    watch.wait(at, "second.exp is new");
    watch.wait(at, "holds: version 71");
    at = watch.up_to_date(at);
    project.write("points.csv", points(63));
    watch.wait(at, "kept 0, cancelled 0, queued 2");
    at = watch.up_to_date(at);
    watch.up_to_date(at);
    watch.quiet(Duration::from_millis(300));
    assert_eq!(watch.interrupt(), Some(0));
}

#[test]
fn a_storm_of_saves_ends_with_the_last_text() {
    let project = project();
    let watch = Watch::start(&project, &["first.exp"]);
    let at = watch.up_to_date(0);
    // Five seconds of them.
    let mut longest = Duration::ZERO;
    for n in 1..=100 {
        // A file that is being written is short for a moment.
        let begun = Instant::now();
        project.write("first.exp", &version(n)[..100]);
        project.write("first.exp", version(n));
        longest = longest.max(begun.elapsed());
        std::thread::sleep(Duration::from_millis(50));
    }
    watch.wait(at, "holds: version 100");
    watch.up_to_date(at);
    watch.quiet(Duration::from_millis(300));
    // Where the machine held up a save, the file was short for all to see.
    if longest < Duration::from_millis(20) {
        assert!(!watch.text().lines().skip(at).any(|line| line.contains("error")), "{}", watch.text());
    }
}

/// The best of several: others use this machine too.
#[test]
fn what_trains_nothing_is_on_screen_at_once() {
    let project = project();
    let watch = Watch::start(&project, &["first.exp"]);
    let mut at = watch.up_to_date(0);
    let mut best = Duration::MAX;
    for n in 1..=8 {
        std::thread::sleep(Duration::from_millis(100));
        let saved = Instant::now();
        project.write("first.exp", version(n));
        let (shown, _) = watch.wait(at, &format!("holds: version {n}"));
        best = best.min(shown - saved);
        at = watch.up_to_date(at);
    }
    assert!(best <= Duration::from_millis(150), "{best:?}");
}

/// Four trials of a second or so each.
fn long() -> String {
    let text = NOTEBOOK.replace("choice(0.01, 0.02)", "choice(0.01, 0.02, 0.03, 0.04)");
    text.replace("epochs = 2", "epochs = 12000").replace("points.csv", "more.csv")
}

fn long_project(text: &str) -> Project {
    Project::new().file("first.exp", text).file("more.csv", points(400))
}

#[track_caller]
fn same_as_from_scratch(project: &Project, text: &str, rows: usize) {
    let whole = Project::new().file("first.exp", text).file("more.csv", points(rows));
    whole.run(&["run", "first.exp"]).code(0);
    assert_eq!(project.read("first.lock"), whole.read("first.lock"));
    assert_eq!(project.read("first.out/trials.csv"), whole.read("first.out/trials.csv"));
}

#[test]
fn a_save_in_mid_run_cancels_only_what_is_no_longer_wanted() {
    let project = long_project(&long());
    let watch = Watch::start(&project, &["--threads", "2", "first.exp"]);
    let at = watch.wait(0, "kept 0, cancelled 0, queued 4").1;
    std::thread::sleep(Duration::from_millis(100));
    let other = long().replace("choice(0.01, ", "choice(0.05, 0.06, ");
    project.write("first.exp", &other);
    watch.wait(at, "kept 3, cancelled 1, queued 2");
    // Words that train nothing leave all of them alone.
    let other = other.replace("version 0", "version 1");
    project.write("first.exp", &other);
    watch.wait(at, "holds: version 1");
    watch.up_to_date(at);
    same_as_from_scratch(&project, &other, 400);
}

#[test]
fn data_edited_in_mid_run_are_trained_on_from_the_beginning() {
    let text = long().replace("choice(0.01, 0.02, 0.03, 0.04)", "choice(0.01, 0.02)");
    let project = long_project(&text);
    let watch = Watch::start(&project, &["--threads", "2", "first.exp"]);
    let at = watch.wait(0, "queued 2").1;
    std::thread::sleep(Duration::from_millis(100));
    project.write("more.csv", points(401));
    watch.wait(at, "kept 0, cancelled 2, queued 2");
    watch.up_to_date(at);
    same_as_from_scratch(&project, &text, 401);
}

#[test]
fn a_broken_file_keeps_the_last_good_output_marked_stale() {
    let project = project();
    let mut watch = Watch::start(&project, &["--poll", "first.exp"]);
    let at = watch.up_to_date(0);
    let report = project.read("first.out/report.html");
    project.write("first.exp", NOTEBOOK.replace("tanh", "tahn").replace("sgd(", "sgdd("));
    let stale = watch.wait(at, "stale").1;
    watch.wait(stale, "holds: version 0");
    let text = watch.text();
    assert!(text.contains("did you mean `tanh`") && text.contains("did you mean `sgd`"), "{text}");
    assert_eq!(report, project.read("first.out/report.html"));
    project.write("first.exp", version(1));
    watch.wait(stale, "holds: version 1");
    std::fs::remove_file(project.path("points.csv")).unwrap();
    let gone = watch.wait(stale, "points.csv is gone").1;
    watch.wait(gone, "stale");
    project.write("points.csv", points(60));
    watch.up_to_date(gone);
    assert_eq!(watch.interrupt(), Some(0));
}

#[test]
fn one_model_shows_its_learning_curve_while_it_trains() {
    let text = NOTEBOOK
        .replace("choice(0.01, 0.02)", "0.05")
        .replace("epochs = 2", "epochs = 12000\n  at epoch 8000 { rate = 0.01 }");
    let project = Project::new().file("first.exp", &text).file("points.csv", points(300));
    let watch = Watch::start(&project, &["--serve", "first.exp"]);
    let (_, at) = watch.wait(0, "live page: ");
    let (_, at) = watch.wait(at, "/12000: train.loss ");
    watch.wait(at, "● dev.loss");
    watch.wait(at, "┬ settings change");
    watch.up_to_date(at);
    let url = watch.text().lines().find_map(|l| l.split("http://").nth(1)).unwrap().trim_end_matches('/').to_string();
    let mut page = std::net::TcpStream::connect(&url).unwrap();
    page.write_all(format!("GET /events HTTP/1.1\r\nHost: {url}\r\n\r\n").as_bytes()).unwrap();
    let mut events = BufReader::new(page).lines().map_while(Result::ok);
    assert!(events.any(|line| line.contains("\"curves\":[{") && line.contains("train.loss")));
    let mut told = String::new();
    let mut page = std::net::TcpStream::connect(&url).unwrap();
    page.write_all(format!("GET /report/0 HTTP/1.1\r\nHost: {url}\r\n\r\n").as_bytes()).unwrap();
    page.read_to_string(&mut told).unwrap();
    assert!(told.starts_with("HTTP/1.1 200") && told.contains("version 0"), "{}", &told[..200.min(told.len())]);

    // What comes after a change of settings is trained from there.
    let at = watch.now();
    project.write("first.exp", text.replace("rate = 0.01 }", "rate = 0.02 }"));
    watch.up_to_date(at);
    let told = watch.text();
    let epochs = told.lines().skip(at).filter_map(|line| line.split("epoch ").nth(1)?.split('/').next()?.parse().ok());
    assert!(epochs.min().is_some_and(|epoch: u32| epoch >= 8000), "{told}");
}
