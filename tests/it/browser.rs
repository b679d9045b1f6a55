//! The pages in a real browser: the scripts of `tests/browser` drive Chromium over what the program wrote and serves.
//!
//! They need `node`, Debian's `chromium`, and `npm ci` in `tests/browser`. Where one is missing the tests say so and are skipped; with
//! `CAVIAR_BROWSER=required` that is a failure. Screenshots are left in `target/browser`.

use std::io::Write;
use std::path::PathBuf;
use std::process::Command;

use crate::harness::root;

/// A program on the path.
fn found(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}

/// Run a script to its end; all that it checks must be so.
fn script(name: &str) {
    let folder = root().join("tests/browser");
    let (node, chromium) = (found("node"), found("chromium"));
    let installed =
        folder.join("node_modules/playwright-core").is_dir() && folder.join("node_modules/axe-core").is_dir();
    let (Some(node), Some(chromium), true) = (node, chromium, installed) else {
        let text = format!("browser::{name}: node, chromium or `npm ci` in tests/browser is missing");
        assert!(std::env::var_os("CAVIAR_BROWSER").is_none(), "{text}");
        // Past what the test's output is caught by: nobody should think that this was tested.
        let _ = writeln!(std::io::stderr(), "SKIPPED {text}");
        return;
    };
    let ran = Command::new(node)
        .arg(folder.join(format!("{name}.mjs")))
        .arg(env!("CARGO_BIN_EXE_caviar"))
        .arg(root().join("target/browser"))
        .arg(chromium)
        .output()
        .expect("node starts");
    let (told, wrong) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success(), "{told}\n{wrong}");
    assert!(told.contains(", 0 failed"), "{told}\n{wrong}");
}

#[test]
fn the_report_reads_well_everywhere() {
    script("report");
}

#[test]
fn the_live_page_follows_its_notebook() {
    script("live");
}
