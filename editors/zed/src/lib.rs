//! How Zed starts the language server of caviar.

use zed_extension_api::settings::LspSettings;
use zed_extension_api::{self as zed, Command, LanguageServerId, Result, Worktree};

struct Caviar;

impl zed::Extension for Caviar {
    fn new() -> Self {
        Caviar
    }

    /// The program of `lsp.caviar.binary` in the settings, else the one in `PATH` as the project's shell sees it.
    fn language_server_command(&mut self, server: &LanguageServerId, worktree: &Worktree) -> Result<Command> {
        let binary = LspSettings::for_worktree(server.as_ref(), worktree)?.binary;
        let (path, arguments, env) = binary.map_or((None, None, None), |b| (b.path, b.arguments, b.env));
        let command = path.or_else(|| worktree.which("caviar")).ok_or(
            "there is no `caviar` in PATH; the settings may say where it is: { \"lsp\": { \"caviar\": { \"binary\": { \"path\": \"…\" } } } }",
        )?;
        let mut variables = worktree.shell_env();
        variables.extend(env.into_iter().flatten());
        Ok(Command { command, args: arguments.unwrap_or_else(|| vec!["lsp".into()]), env: variables })
    }
}

zed::register_extension!(Caviar);
