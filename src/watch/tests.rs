//! Real files, changed as editors and people change them.

use std::fs;
use std::thread::sleep;

use super::*;

const SOON: Duration = Duration::from_secs(3);
const MOMENT: Duration = Duration::from_millis(400);

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

struct Scene {
    watcher: Watcher,
    /// Removed with the scene.
    _temporary: tempfile::TempDir,
    root: PathBuf,
}

impl Scene {
    /// `a.exp` and `iris.csv` in a watched folder.
    fn new(mode: Mode) -> Self {
        let temporary = tempfile::tempdir().unwrap();
        let root = temporary.path().canonicalize().unwrap();
        fs::write(root.join("a.exp"), "one").unwrap();
        fs::write(root.join("iris.csv"), "1,2,3").unwrap();
        let mut scene = Scene { watcher: Watcher::new(mode), _temporary: temporary, root };
        scene.watcher.check = Duration::from_secs(3600);
        scene.watch(&["a.exp", "iris.csv"]);
        scene
    }

    fn watch(&mut self, files: &[&str]) {
        let files = files.iter().map(|name| (self.path(name), None)).collect();
        self.watcher.watch(Watched { files, folders: [self.root.clone()].into() });
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    fn named(&self, changed: &Changed) -> (Vec<String>, Vec<String>) {
        let name = |path: &PathBuf| path.strip_prefix(&self.root).unwrap().to_str().unwrap().to_string();
        (changed.files.iter().map(name).collect(), changed.removed.iter().map(name).collect())
    }

    #[track_caller]
    fn changes(&mut self, files: &[&str], removed: &[&str]) {
        match self.watcher.next(SOON) {
            Next::Changed(changed) => {
                let (f, r) = self.named(&changed);
                assert_eq!(
                    (f.iter().map(String::as_str).collect(), r.iter().map(String::as_str).collect()),
                    (files.to_vec(), removed.to_vec())
                );
            }
            other => panic!("expected {files:?} {removed:?}, got {other:?}"),
        }
        self.quiet();
    }

    #[track_caller]
    fn quiet(&mut self) {
        assert_eq!(self.watcher.next(MOMENT), Next::TimedOut);
    }
}

fn both(test: impl Fn(&mut Scene)) {
    for mode in [Mode::Events, Mode::Poll] {
        test(&mut Scene::new(mode));
    }
}

#[test]
fn a_save_is_told_once_and_soon() {
    let mut scene = Scene::new(Mode::Events);
    scene.quiet();
    scene.write("a.exp", "two");
    let start = Instant::now();
    scene.changes(&["a.exp"], &[]);
    let taken = start.elapsed() - MOMENT;
    assert!(taken < ms(1000), "{taken:?}, long after the {:?} that a save takes to settle", QUIET);
}

#[test]
fn a_change_of_data_is_told() {
    both(|scene| {
        scene.write("iris.csv", "1,2,4");
        scene.changes(&["iris.csv"], &[]);
    });
}

#[test]
fn a_touch_and_a_save_of_the_same_bytes_and_reading_are_not_told() {
    both(|scene| {
        let file = fs::File::options().write(true).open(scene.path("a.exp")).unwrap();
        file.set_modified(std::time::SystemTime::now() + ms(5000)).unwrap();
        scene.write("iris.csv", "1,2,3");
        fs::read(scene.path("a.exp")).unwrap();
        scene.quiet();
    });
}

/// What vim does for `:w`, with backup by renaming.
fn vim(scene: &Scene, text: &str) {
    scene.write("4913", "");
    fs::remove_file(scene.path("4913")).unwrap();
    fs::rename(scene.path("a.exp"), scene.path("a.exp~")).unwrap();
    scene.write("a.exp", text);
    fs::remove_file(scene.path("a.exp~")).unwrap();
}

#[test]
fn vims_double_save_is_two_changes_at_most_and_ends_with_the_last() {
    both(|scene| {
        vim(scene, "two");
        vim(scene, "three");
        scene.changes(&["a.exp"], &[]);
        for text in ["four", "five"] {
            vim(scene, text);
            scene.changes(&["a.exp"], &[]);
        }
    });
}

#[test]
fn sed_in_place_twice() {
    both(|scene| {
        for text in ["two", "three"] {
            scene.write("sedXYZ", text);
            fs::rename(scene.path("sedXYZ"), scene.path("a.exp")).unwrap();
            scene.changes(&["a.exp"], &[]);
        }
    });
}

#[test]
fn rename_over_from_another_folder() {
    both(|scene| {
        fs::create_dir(scene.path("other")).unwrap();
        scene.write("other/new", "two");
        fs::rename(scene.path("other/new"), scene.path("a.exp")).unwrap();
        scene.changes(&["a.exp"], &[]);
        scene.write("a.exp", "three");
        scene.changes(&["a.exp"], &[]);
    });
}

#[test]
fn delete_and_recreate() {
    both(|scene| {
        fs::remove_file(scene.path("a.exp")).unwrap();
        sleep(ms(40));
        scene.write("a.exp", "one");
        scene.quiet();
        fs::remove_file(scene.path("a.exp")).unwrap();
        scene.changes(&[], &["a.exp"]);
        scene.write("a.exp", "one");
        scene.changes(&["a.exp"], &[]);
    });
}

#[test]
fn a_file_that_is_emptied_before_it_is_written_is_told_once() {
    both(|scene| {
        scene.write("a.exp", "");
        sleep(ms(60));
        scene.write("a.exp", "two");
        scene.changes(&["a.exp"], &[]);
        scene.write("a.exp", "");
        scene.changes(&["a.exp"], &[]);
    });
}

#[test]
fn a_save_every_fifty_milliseconds_for_five_seconds_misses_nothing() {
    let mut scene = Scene::new(Mode::Events);
    let path = scene.path("a.exp");
    let writer = std::thread::spawn(move || {
        for i in 0..100 {
            fs::write(&path, format!("text {i}")).unwrap();
            sleep(ms(50));
        }
    });
    let mut told = 0;
    let mut last = Content::Missing;
    while let Next::Changed(changed) = scene.watcher.next(ms(1000)) {
        assert_eq!(scene.named(&changed), (vec!["a.exp".to_string()], vec![]));
        told += 1;
        assert!(last != scene.watcher.known[&changed.files[0]], "told twice of the same bytes");
        last = scene.watcher.known[&changed.files[0]];
    }
    writer.join().unwrap();
    assert_eq!(last, Content::Bytes(Digest::of_bytes(b"text 99")));
    // A busy machine makes some saves fall together.
    assert!((10..=100).contains(&told), "{told} changes");
}

#[test]
fn outputs_inside_the_watched_folder_are_not_told() {
    both(|scene| {
        fs::create_dir(scene.path("a.out")).unwrap();
        for name in ["a.out/report.html", "a.out/copy.exp", "a.lock", ".caviar", "notes.txt", ".a.exp.swp", ".#a.exp"] {
            scene.write(name, "x");
        }
        scene.quiet();
    });
}

#[test]
fn new_and_removed_files_are_noticed_in_new_folders_too() {
    both(|scene| {
        scene.write("b.exp", "x");
        scene.changes(&["b.exp"], &[]);
        fs::create_dir_all(scene.path("deep/er")).unwrap();
        scene.write("deep/er/c.exp", "x");
        scene.changes(&["deep/er/c.exp"], &[]);
        scene.write("deep/er/c.exp", "y");
        scene.changes(&["deep/er/c.exp"], &[]);
        fs::remove_file(scene.path("b.exp")).unwrap();
        scene.changes(&[], &["b.exp"]);
        fs::rename(scene.path("deep"), scene.path("moved")).unwrap();
        let Next::Changed(new) = scene.watcher.next(SOON) else { panic!("the new place is told") };
        assert_eq!(new.files, [scene.path("moved/er/c.exp")]);
        if new.removed.is_empty() {
            scene.changes(&[], &["deep/er/c.exp"]);
        }
    });
}

#[test]
fn a_folder_that_is_deleted_and_made_again_is_heard() {
    both(|scene| {
        fs::create_dir(scene.path("data")).unwrap();
        scene.write("data/x.csv", "1");
        scene.watch(&["a.exp", "data/x.csv"]);
        fs::remove_dir_all(scene.path("data")).unwrap();
        scene.changes(&[], &["data/x.csv"]);
        fs::create_dir(scene.path("data")).unwrap();
        scene.write("data/x.csv", "1");
        scene.changes(&["data/x.csv"], &[]);
        scene.write("data/x.csv", "2");
        scene.changes(&["data/x.csv"], &[]);
    });
}

#[test]
fn a_folder_that_is_replaced_faster_than_it_is_missed_is_heard() {
    let mut scene = Scene::new(Mode::Events);
    fs::create_dir(scene.path("data")).unwrap();
    scene.write("data/x.csv", "1");
    scene.watch(&["data/x.csv"]);
    fs::remove_dir_all(scene.path("data")).unwrap();
    fs::create_dir(scene.path("data")).unwrap();
    scene.write("data/x.csv", "1");
    scene.quiet();
    scene.write("data/x.csv", "2");
    scene.changes(&["data/x.csv"], &[]);
}

#[test]
fn a_folder_of_pictures_is_data() {
    both(|scene| {
        fs::create_dir_all(scene.path("pictures/cats")).unwrap();
        scene.write("pictures/cats/1.png", "meow");
        scene.watch(&["a.exp", "pictures"]);
        scene.quiet();
        scene.write("pictures/cats/1.png", "purr");
        scene.changes(&["pictures"], &[]);
        fs::create_dir(scene.path("pictures/dogs")).unwrap();
        scene.write("pictures/dogs/1.png", "woof");
        scene.changes(&["pictures"], &[]);
    });
}

#[test]
fn data_edited_while_it_was_used_is_told_when_it_is_watched() {
    both(|scene| {
        let used = Digest::of_bytes(b"1,2,3");
        scene.write("iris.csv", "1,2,4");
        let files = [(scene.path("iris.csv"), Some(used))].into();
        scene.watcher.watch(Watched { files, folders: BTreeSet::new() });
        scene.changes(&["iris.csv"], &[]);
        let files = [(scene.path("iris.csv"), super::super::content::digest(&scene.path("iris.csv")))].into();
        scene.watcher.watch(Watched { files, folders: BTreeSet::new() });
        scene.quiet();
    });
}

#[test]
fn what_was_not_yet_told_is_not_lost_by_watching_other_files() {
    both(|scene| {
        scene.write("a.exp", "two");
        scene.watch(&["a.exp"]);
        scene.changes(&["a.exp"], &[]);
    });
}

#[cfg(unix)]
#[test]
fn a_change_behind_a_link_is_told() {
    both(|scene| {
        let elsewhere = tempfile::tempdir().unwrap();
        let target = elsewhere.path().join("target.csv");
        fs::write(&target, "1").unwrap();
        std::os::unix::fs::symlink(&target, scene.path("link.csv")).unwrap();
        scene.watch(&["link.csv"]);
        fs::write(&target, "2").unwrap();
        scene.changes(&["link.csv"], &[]);
    });
}

#[test]
fn a_waker_ends_the_wait() {
    both(|scene| {
        let waker = scene.watcher.waker();
        let start = Instant::now();
        let thread = std::thread::spawn(move || {
            sleep(ms(50));
            waker.wake();
        });
        assert_eq!(scene.watcher.next(SOON), Next::Woken);
        assert!(start.elapsed() < SOON);
        thread.join().unwrap();
    });
}

#[test]
fn relative_paths_are_told_as_they_were_given() {
    let here = tempfile::tempdir_in(".").unwrap();
    let name = PathBuf::from(here.path().file_name().unwrap()).join("a.exp");
    fs::write(&name, "one").unwrap();
    let mut watcher = Watcher::new(Mode::Events);
    watcher.watch(Watched { files: [(name.clone(), None)].into(), folders: BTreeSet::new() });
    fs::write(&name, "two").unwrap();
    assert_eq!(watcher.next(SOON), Next::Changed(Changed { files: vec![name], removed: vec![] }));
}

#[test]
fn where_nothing_is_heard_it_is_looked() {
    let mut scene = Scene::new(Mode::Events);
    scene.watcher.system = None;
    scene.write("a.exp", "two");
    scene.changes(&["a.exp"], &[]);
    let mut scene = Scene::new(Mode::Events);
    scene.watcher.check = ms(100);
    scene.watcher.listen(BTreeSet::new());
    scene.write("a.exp", "two");
    scene.changes(&["a.exp"], &[]);
}
