//! The program: everything is in the library.

fn main() -> std::process::ExitCode {
    caviar::cli::main().into()
}
