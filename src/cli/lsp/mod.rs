//! `caviar lsp`: what [`crate::ide`] knows, over the language server protocol on standard input and output.

mod answer;
mod convert;
mod document;
mod hints;
mod server;

use lsp_server::Connection;

use super::Exit;
use super::terminal::Terminal;

/// Serve one editor until it says good-bye.
pub fn run(terminal: &Terminal) -> Exit {
    let (connection, threads) = Connection::stdio();
    let served = server::serve(&connection);
    // The threads end when the connection is gone.
    drop(connection);
    match served.and_then(|exit| threads.join().map(|()| exit).map_err(|e| e.to_string())) {
        Ok(exit) => exit,
        Err(message) => {
            terminal.error(message);
            Exit::Failed
        }
    }
}
