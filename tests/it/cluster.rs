//! Clusters for real, where they are installed: the scripts in `tests/cluster/` make them and say what must hold.

use std::io::Write;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Mutex;

use crate::harness::root;

/// The exit code of a script that finds something missing.
const SKIPPED: i32 = 77;

/// Two clusters at once would take the machine from each other.
static ALONE: Mutex<()> = Mutex::new(());

/// Run a script to its end. Where `CAVIAR_CLUSTERS` is set all must be there.
fn script(name: &str, more: &[PathBuf]) {
    let _alone = ALONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let output = Command::new("python3")
        .arg(root().join("tests/cluster").join(name))
        .args(["--caviar", env!("CARGO_BIN_EXE_caviar")])
        .args(more)
        .output()
        .expect("python3 starts");
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let skipped = output.status.code() == Some(SKIPPED) && std::env::var_os("CAVIAR_CLUSTERS").is_none();
    assert!(skipped || output.status.success(), "{name} ended with {}:\n{said}", output.status);
    // Past the capture of the test's output.
    let _ = writeln!(std::io::stderr(), "{name}: {}", said.trim());
}

#[test]
fn ray_gives_the_lock_of_threads_whatever_dies() {
    let python =
        std::env::var_os("CAVIAR_RAY_PYTHON").map_or_else(|| root().join("target/ray-venv/bin/python"), PathBuf::from);
    script("on_ray.py", &["--python".into(), python]);
}

#[test]
fn slurm_gives_the_lock_of_threads_whatever_dies() {
    script("on_slurm.py", &[]);
}
