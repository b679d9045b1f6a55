//! The conversation: one message after the other, so that edits and questions keep their order.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use lsp_server::{Connection, ErrorCode, Message, Notification, Request, Response};
use lsp_types::notification::{
    DidChangeTextDocument, DidChangeWatchedFiles, DidCloseTextDocument, DidOpenTextDocument, DidSaveTextDocument,
    Notification as _, PublishDiagnostics,
};
use lsp_types::{
    CodeActionKind, CodeActionOptions, CodeActionProviderCapability, CompletionOptions, DidChangeTextDocumentParams,
    DidCloseTextDocumentParams, DidOpenTextDocumentParams, FoldingRangeProviderCapability, HoverProviderCapability,
    OneOf, PublishDiagnosticsParams, RenameOptions, SaveOptions, SemanticTokensFullOptions, SemanticTokensLegend,
    SemanticTokensOptions, ServerCapabilities, TextDocumentSyncCapability, TextDocumentSyncKind,
    TextDocumentSyncOptions, TextDocumentSyncSaveOptions, Uri, WorkDoneProgressOptions,
};
use serde::de::DeserializeOwned;

use super::document::Document;
use super::{answer, convert};
use crate::cli::Exit;
use crate::ide::{self, Analysis};
use crate::plan::notebook::Notebook;
use crate::record::lock::{self, Lock};
use crate::run::datasets::Datasets;
use crate::run::open::Rooted;
use crate::source::{self, ReadError, Source};

/// What the server can do.
fn capabilities() -> ServerCapabilities {
    let no_progress = WorkDoneProgressOptions::default();
    ServerCapabilities {
        text_document_sync: Some(TextDocumentSyncCapability::Options(TextDocumentSyncOptions {
            open_close: Some(true),
            change: Some(TextDocumentSyncKind::INCREMENTAL),
            save: Some(TextDocumentSyncSaveOptions::SaveOptions(SaveOptions { include_text: Some(false) })),
            ..TextDocumentSyncOptions::default()
        })),
        completion_provider: Some(CompletionOptions {
            trigger_characters: Some([".", "=", "(", "[", ">", " "].map(str::to_string).to_vec()),
            ..CompletionOptions::default()
        }),
        hover_provider: Some(HoverProviderCapability::Simple(true)),
        definition_provider: Some(OneOf::Left(true)),
        references_provider: Some(OneOf::Left(true)),
        rename_provider: Some(OneOf::Right(RenameOptions {
            prepare_provider: Some(true),
            work_done_progress_options: no_progress,
        })),
        document_formatting_provider: Some(OneOf::Left(true)),
        document_symbol_provider: Some(OneOf::Left(true)),
        folding_range_provider: Some(FoldingRangeProviderCapability::Simple(true)),
        code_action_provider: Some(CodeActionProviderCapability::Options(CodeActionOptions {
            code_action_kinds: Some(vec![CodeActionKind::QUICKFIX]),
            work_done_progress_options: no_progress,
            resolve_provider: None,
        })),
        semantic_tokens_provider: Some(
            SemanticTokensOptions {
                work_done_progress_options: no_progress,
                legend: SemanticTokensLegend { token_types: answer::token_types(), token_modifiers: Vec::new() },
                range: None,
                full: Some(SemanticTokensFullOptions::Bool(true)),
            }
            .into(),
        ),
        inlay_hint_provider: Some(OneOf::Left(true)),
        ..ServerCapabilities::default()
    }
}

/// Serve until the editor ends the conversation.
///
/// # Errors
/// When it breaks the protocol.
pub fn serve(connection: &Connection) -> Result<Exit, String> {
    let capabilities = serde_json::to_value(capabilities()).map_err(|e| e.to_string())?;
    connection.initialize(capabilities).map_err(|e| e.to_string())?;
    let mut server = Server { connection, documents: BTreeMap::new(), datasets: Datasets::new() };
    loop {
        // Diagnostics wait until the editor has said all that it has to say for now.
        let message = match connection.receiver.try_recv() {
            Ok(message) => message,
            Err(error) if error.is_disconnected() => return Ok(Exit::Failed),
            Err(_) => {
                server.publish();
                match connection.receiver.recv() {
                    Ok(message) => message,
                    Err(_) => return Ok(Exit::Failed),
                }
            }
        };
        match message {
            Message::Request(request) => {
                if connection.handle_shutdown(&request).map_err(|e| e.to_string())? {
                    return Ok(Exit::Good);
                }
                let response = server.answer(request);
                server.send(response.into());
            }
            Message::Notification(notification) if notification.method == "exit" => return Ok(Exit::Usage),
            Message::Notification(notification) => server.hear(notification),
            Message::Response(_) => {}
        }
    }
}

/// A text with what is known of its present state.
struct Open {
    document: Document,
    uri: Uri,
    analysis: Option<Analysis>,
    /// Whether the editor has the diagnostics of this state.
    published: bool,
    /// The results of the last run.
    lock: Option<Lock>,
    /// The last plan that had no mistakes.
    notebook: Option<Notebook>,
}

struct Server<'a> {
    connection: &'a Connection,
    documents: BTreeMap<PathBuf, Open>,
    datasets: Datasets,
}

fn read_lock(path: &Path) -> Option<Lock> {
    lock::parse(&std::fs::read_to_string(path.with_extension("lock")).ok()?).ok()
}

impl Server<'_> {
    fn send(&self, message: Message) {
        // The editor may be gone; then there is nobody to tell.
        let _ = self.connection.sender.send(message);
    }

    fn hear(&mut self, notification: Notification) {
        fn params<T: DeserializeOwned>(notification: Notification) -> Option<T> {
            serde_json::from_value(notification.params).ok()
        }
        match notification.method.as_str() {
            DidOpenTextDocument::METHOD => {
                let Some(DidOpenTextDocumentParams { text_document: opened }) = params(notification) else { return };
                let path = convert::path(&opened.uri);
                let source = Source::new(path.to_string_lossy(), opened.text);
                let document = Document { path: path.clone(), source, version: opened.version };
                let lock = read_lock(&path);
                let open = Open { document, uri: opened.uri, analysis: None, published: false, lock, notebook: None };
                self.documents.insert(path, open);
                self.outdate();
            }
            DidChangeTextDocument::METHOD => {
                let Some(DidChangeTextDocumentParams { text_document, content_changes }) = params(notification) else {
                    return;
                };
                if let Some(open) = self.documents.get_mut(&convert::path(&text_document.uri)) {
                    open.document.change(content_changes, text_document.version);
                    self.outdate();
                }
            }
            DidCloseTextDocument::METHOD => {
                let Some(DidCloseTextDocumentParams { text_document }) = params(notification) else { return };
                self.documents.remove(&convert::path(&text_document.uri));
                self.tell(PublishDiagnosticsParams { uri: text_document.uri, diagnostics: Vec::new(), version: None });
                self.outdate();
            }
            DidSaveTextDocument::METHOD | DidChangeWatchedFiles::METHOD => {
                // Data may have changed beside the text, and a run may have written a lock.
                self.datasets = Datasets::new();
                for open in self.documents.values_mut() {
                    open.lock = read_lock(&open.document.path);
                }
                self.outdate();
            }
            _ => {}
        }
    }

    /// Whatever was known of a text may depend on the others.
    fn outdate(&mut self) {
        for open in self.documents.values_mut() {
            open.analysis = None;
            open.published = false;
        }
    }

    fn tell(&self, params: PublishDiagnosticsParams) {
        self.send(Notification::new(PublishDiagnostics::METHOD.into(), params).into());
    }

    /// Send the diagnostics of every text whose editor has not got them.
    fn publish(&mut self) {
        let late: Vec<PathBuf> =
            self.documents.iter().filter(|(_, open)| !open.published).map(|(path, _)| path.clone()).collect();
        for path in late {
            self.analyse(&path);
            let Some(open) = self.documents.get_mut(&path) else { continue };
            open.published = true;
            let Some(analysis) = &open.analysis else { continue };
            let diagnostics = answer::diagnostics(analysis, &open.uri);
            let (uri, version) = (open.uri.clone(), Some(open.document.version));
            self.tell(PublishDiagnosticsParams { uri, diagnostics, version });
        }
    }

    /// Make sure that the present state of a text has been analysed.
    fn analyse(&mut self, path: &Path) {
        if self.documents.get(path).is_none_or(|open| open.analysis.is_some()) {
            return;
        }
        let base = path.parent().unwrap_or(Path::new(""));
        let facts = Rooted { datasets: &self.datasets, base, asked: Default::default() };
        let documents = &self.documents;
        let mut read = |wanted: &Path| -> Result<Source, ReadError> {
            match documents.get(wanted) {
                Some(open) => Ok(open.document.source.clone()),
                None => source::read(wanted),
            }
        };
        let analysis = ide::analyse(path, &mut read, &facts);
        if let Some(open) = self.documents.get_mut(path) {
            if let Some(notebook) = &analysis.checked.notebook {
                open.notebook = Some(notebook.clone());
            }
            open.analysis = Some(analysis);
        }
    }

    /// Answer a request; one that is not known or not understood gets an error.
    fn answer(&mut self, request: Request) -> Response {
        let uri = ["/textDocument/uri"].iter().find_map(|at| request.params.pointer(at)?.as_str());
        let path = uri.and_then(|uri| uri.parse::<Uri>().ok()).map(|uri| convert::path(&uri));
        let Some(path) = path.filter(|path| self.documents.contains_key(path)) else {
            let known = answer::METHODS.contains(&request.method.as_str());
            let code = if known { ErrorCode::InvalidParams } else { ErrorCode::MethodNotFound };
            return Response::new_err(request.id, code as i32, format!("no answer to {}", request.method));
        };
        self.analyse(&path);
        let open = &self.documents[&path];
        let Some(analysis) = &open.analysis else {
            return Response::new_err(request.id, ErrorCode::InternalError as i32, "not analysed".into());
        };
        let results = answer::Known { uri: &open.uri, lock: open.lock.as_ref(), notebook: open.notebook.as_ref() };
        match answer::answer(analysis, &results, &request.method, request.params) {
            Ok(value) => Response::new_ok(request.id, value),
            Err((code, message)) => Response::new_err(request.id, code as i32, message),
        }
    }
}
