//! A builder for tests that run the real program in a folder of their own.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// A folder with files, in which the program is run.
pub struct Project {
    folder: TempDir,
}

impl Project {
    /// An empty folder.
    pub fn new() -> Self {
        Project { folder: tempfile::tempdir().expect("a temporary folder") }
    }

    /// Write a file.
    pub fn file(self, name: &str, text: impl AsRef<[u8]>) -> Self {
        self.write(name, text);
        self
    }

    /// Write a file again.
    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(path, text).expect("a written file");
    }

    /// The path of a file in it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The text of a file in it.
    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
    }

    /// The program, ready to be given more settings.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_caviar"));
        command.args(args);
        self.settle(&mut command);
        command
    }

    /// A line for the shell, ready to be given more settings.
    pub fn shell(&self, line: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", line]);
        self.settle(&mut command);
        command
    }

    /// In the folder, with an environment that says little.
    fn settle(&self, command: &mut Command) {
        command
            .current_dir(self.folder.path())
            .env_remove("NO_COLOR")
            .env_remove("CAVIAR_SIMD")
            .env_remove("CI")
            .env("COLUMNS", "100");
    }

    /// Run the program.
    pub fn run(&self, args: &[&str]) -> Ran {
        self.run_in("", args)
    }

    /// Run the program in a folder below.
    pub fn run_in(&self, folder: &str, args: &[&str]) -> Ran {
        let mut command = self.command(args);
        Ran { output: command.current_dir(self.path(folder)).output().expect("the program starts") }
    }
}

/// What the program did.
pub struct Ran {
    output: Output,
}

impl Ran {
    /// Standard output.
    pub fn stdout(&self) -> String {
        String::from_utf8_lossy(&self.output.stdout).into_owned()
    }

    /// Standard error.
    pub fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.output.stderr).into_owned()
    }

    /// It ended with this code.
    #[track_caller]
    pub fn code(self, code: i32) -> Self {
        assert_eq!(self.output.status.code(), Some(code), "stdout:\n{}\nstderr:\n{}", self.stdout(), self.stderr());
        self
    }

    /// It printed this on standard output.
    #[track_caller]
    pub fn prints(self, text: &str) -> Self {
        assert!(
            self.stdout().contains(text),
            "`{text}` is not in stdout:\n{}\nstderr:\n{}",
            self.stdout(),
            self.stderr()
        );
        self
    }

    /// It said this on standard error.
    #[track_caller]
    pub fn says(self, text: &str) -> Self {
        assert!(
            self.stderr().contains(text),
            "`{text}` is not in stderr:\n{}\nstdout:\n{}",
            self.stderr(),
            self.stdout()
        );
        self
    }
}

/// The top of the repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
