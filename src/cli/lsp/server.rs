//! The conversation: one message after the other, so that edits and questions keep their order.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};

use lsp_server::{Connection, ErrorCode, Message, Notification, Request, RequestId, Response};
use lsp_types::notification::{
    DidChangeTextDocument, DidChangeWatchedFiles, DidCloseTextDocument, DidOpenTextDocument, DidSaveTextDocument,
    Notification as _, PublishDiagnostics,
};
use lsp_types::request::{InlayHintRefreshRequest, InlayHintRequest, RegisterCapability, Request as _};
use lsp_types::{
    CodeActionKind, CodeActionOptions, CodeActionProviderCapability, CompletionOptions, DidChangeTextDocumentParams,
    DidChangeWatchedFilesRegistrationOptions, DidCloseTextDocumentParams, DidOpenTextDocumentParams, FileSystemWatcher,
    FoldingRangeProviderCapability, GlobPattern, HoverProviderCapability, InlayHintParams, OneOf,
    PublishDiagnosticsParams, Registration, RegistrationParams, RenameOptions, SaveOptions, SemanticTokensFullOptions,
    SemanticTokensLegend, SemanticTokensOptions, ServerCapabilities, TextDocumentSyncCapability, TextDocumentSyncKind,
    TextDocumentSyncOptions, TextDocumentSyncSaveOptions, Uri, WorkDoneProgressOptions,
};
use serde::de::DeserializeOwned;

use super::document::Document;
use super::hints::{Asked, answering};
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
    let client = connection.initialize(capabilities).map_err(|e| e.to_string())?;
    let able = |what: &str| client.pointer(&format!("/capabilities/workspace/{what}")) == Some(&true.into());
    // The other thread must not hold the line when this one has hung up.
    let line = Arc::new(Mutex::new(Some(connection.sender.clone())));
    let hints = answering({
        let line = line.clone();
        move |message| {
            if let Some(line) = &*line.lock().unwrap_or_else(PoisonError::into_inner) {
                let _ = line.send(message);
            }
        }
    });
    let mut server = Server {
        connection,
        documents: BTreeMap::new(),
        datasets: Arc::default(),
        hints,
        state: 0,
        refreshes: able("inlayHint/refreshSupport"),
        asked: 0,
    };
    if able("didChangeWatchedFiles/dynamicRegistration") {
        server.watch();
    }
    let exit = server.converse();
    line.lock().unwrap_or_else(PoisonError::into_inner).take();
    exit
}

/// A text with what is known of its present state.
struct Open {
    document: Document,
    uri: Uri,
    analysis: Option<Arc<Analysis>>,
    /// Whether the editor has the diagnostics of this state.
    published: bool,
    /// The results that are committed.
    lock: Option<Arc<Lock>>,
    /// The last plan that had no mistakes.
    notebook: Option<Arc<Notebook>>,
}

struct Server<'a> {
    connection: &'a Connection,
    documents: BTreeMap<PathBuf, Open>,
    datasets: Arc<Datasets>,
    /// Who answers for results.
    hints: Sender<Asked>,
    /// Raised whenever something on the disk may have changed.
    state: u64,
    /// Whether the editor can be told that hints have changed.
    refreshes: bool,
    /// How many requests were sent to the editor.
    asked: i32,
}

fn read_lock(path: &Path) -> Option<Arc<Lock>> {
    lock::parse(&std::fs::read_to_string(path.with_extension("lock")).ok()?).ok().map(Arc::new)
}

impl Server<'_> {
    fn converse(&mut self) -> Result<Exit, String> {
        loop {
            // Diagnostics wait until the editor has said all that it has to say for now.
            let message = match self.connection.receiver.try_recv() {
                Ok(message) => message,
                Err(error) if error.is_disconnected() => return Ok(Exit::Failed),
                Err(_) => {
                    self.publish();
                    match self.connection.receiver.recv() {
                        Ok(message) => message,
                        Err(_) => return Ok(Exit::Failed),
                    }
                }
            };
            match message {
                Message::Request(request) => {
                    if self.connection.handle_shutdown(&request).map_err(|e| e.to_string())? {
                        return Ok(Exit::Good);
                    }
                    if let Some(response) = self.answer(request) {
                        self.send(response.into());
                    }
                }
                Message::Notification(notification) if notification.method == "exit" => return Ok(Exit::Usage),
                Message::Notification(notification) => self.hear(notification),
                Message::Response(_) => {}
            }
        }
    }

    fn send(&self, message: Message) {
        // The editor may be gone; then there is nobody to tell.
        let _ = self.connection.sender.send(message);
    }

    /// Ask the editor for something whose answer does not matter.
    fn ask(&mut self, method: &str, params: impl serde::Serialize) {
        self.asked += 1;
        self.send(Request::new(RequestId::from(self.asked), method.into(), params).into());
    }

    /// Be told when a run has written a lock, or data have changed.
    fn watch(&mut self) {
        let watcher = FileSystemWatcher {
            glob_pattern: GlobPattern::String("**/*.{lock,csv,tsv,parquet,npy,npz,gz}".into()),
            kind: None,
        };
        let options = DidChangeWatchedFilesRegistrationOptions { watchers: vec![watcher] };
        let registration = Registration {
            id: "files".into(),
            method: DidChangeWatchedFiles::METHOD.into(),
            register_options: serde_json::to_value(options).ok(),
        };
        self.ask(RegisterCapability::METHOD, RegistrationParams { registrations: vec![registration] });
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
                self.datasets = Arc::default();
                self.state += 1;
                for open in self.documents.values_mut() {
                    open.lock = read_lock(&open.document.path);
                }
                self.outdate();
                if self.refreshes {
                    self.ask(InlayHintRefreshRequest::METHOD, ());
                }
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
                open.notebook = Some(Arc::new(notebook.clone()));
            }
            open.analysis = Some(Arc::new(analysis));
        }
    }

    /// Answer a request, or give it to who will; one that is not known or not understood gets an error.
    fn answer(&mut self, request: Request) -> Option<Response> {
        let uri = request.params.pointer("/textDocument/uri").and_then(|uri| uri.as_str());
        let path = uri.and_then(|uri| uri.parse::<Uri>().ok()).map(|uri| convert::path(&uri));
        let results = request.method == InlayHintRequest::METHOD;
        let Some(path) = path.filter(|path| self.documents.contains_key(path)) else {
            let known = results || answer::METHODS.contains(&request.method.as_str());
            let code = if known { ErrorCode::InvalidParams } else { ErrorCode::MethodNotFound };
            return Some(Response::new_err(request.id, code as i32, format!("no answer to {}", request.method)));
        };
        self.analyse(&path);
        let open = &self.documents[&path];
        let Some(analysis) = &open.analysis else {
            return Some(Response::new_err(request.id, ErrorCode::InternalError as i32, "not analysed".into()));
        };
        let answered = match results {
            true => match answer::understood::<InlayHintParams>(request.params) {
                Ok(params) => {
                    let asked = Asked {
                        id: request.id,
                        params,
                        path,
                        analysis: analysis.clone(),
                        notebook: open.notebook.clone(),
                        lock: open.lock.clone(),
                        datasets: self.datasets.clone(),
                        state: self.state,
                    };
                    return match self.hints.send(asked) {
                        Ok(()) => None,
                        Err(error) => {
                            let id = error.0.id;
                            Some(Response::new_err(id, ErrorCode::InternalError as i32, "no results".into()))
                        }
                    };
                }
                Err(refusal) => Err(refusal),
            },
            false => answer::answer(analysis, &open.uri, &request.method, request.params),
        };
        Some(match answered {
            Ok(value) => Response::new_ok(request.id, value),
            Err((code, message)) => Response::new_err(request.id, code as i32, message),
        })
    }
}
