//! The command line: the only room that prints, reads the environment or exits.

/// Run the program with the process's arguments; the exit code.
pub fn main() -> u8 {
    0
}
