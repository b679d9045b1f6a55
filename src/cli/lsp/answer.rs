//! Answers in the words of the protocol.

use lsp_server::ErrorCode;
use lsp_types::request::{
    CodeActionRequest, Completion, DocumentSymbolRequest, FoldingRangeRequest, Formatting, GotoDefinition,
    HoverRequest, PrepareRenameRequest, References, Rename, Request as _, SemanticTokensFullRequest,
};
use lsp_types::{
    CodeAction, CodeActionKind, CodeActionParams, CompletionItem, CompletionItemKind, CompletionParams,
    CompletionTextEdit, Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity, DocumentSymbol, Documentation,
    FoldingRange, FoldingRangeKind, GotoDefinitionParams, Hover, HoverContents, HoverParams, InsertTextFormat,
    Location, MarkupContent, MarkupKind, NumberOrString, Position, PrepareRenameResponse, Range, ReferenceParams,
    RenameParams, SemanticToken, SemanticTokenType, SemanticTokens, SymbolKind, TextDocumentPositionParams, TextEdit,
    Uri, WorkspaceEdit,
};
use serde_json::{Value, to_value};

use super::convert;
use crate::diagnostic::Severity;
use crate::ide::{self, Analysis, CompletionKind, Highlight, OutlineKind};
use crate::source::Span;
use crate::syntax::{self, tree::Item};

/// The requests that are answered.
pub const METHODS: [&str; 11] = [
    Completion::METHOD,
    HoverRequest::METHOD,
    GotoDefinition::METHOD,
    References::METHOD,
    PrepareRenameRequest::METHOD,
    Rename::METHOD,
    Formatting::METHOD,
    DocumentSymbolRequest::METHOD,
    FoldingRangeRequest::METHOD,
    SemanticTokensFullRequest::METHOD,
    CodeActionRequest::METHOD,
];

/// Why a request has no answer.
pub type Refusal = (ErrorCode, String);

/// The parameters of a request.
pub fn understood<T: serde::de::DeserializeOwned>(params: Value) -> Result<T, Refusal> {
    serde_json::from_value(params).map_err(|error| (ErrorCode::InvalidParams, error.to_string()))
}

/// Answer a request about an analysed text.
pub fn answer(analysis: &Analysis, uri: &Uri, method: &str, params: Value) -> Result<Value, Refusal> {
    let source = analysis.sources.get(0);
    let at = |place: &TextDocumentPositionParams| convert::offset(source, place.position);
    let range = |span: Span| convert::range(source, span);
    let location = |span: Span| location(analysis, uri, span);
    let value = match method {
        Completion::METHOD => {
            let params: CompletionParams = understood(params)?;
            let found = ide::complete(analysis, at(&params.text_document_position));
            to_value(found.into_iter().enumerate().map(|(n, item)| completion(n, item, source)).collect::<Vec<_>>())
        }
        HoverRequest::METHOD => {
            let params: HoverParams = understood(params)?;
            let found = ide::hover(analysis, at(&params.text_document_position_params));
            to_value(found.map(|hover| Hover {
                contents: HoverContents::Markup(MarkupContent { kind: MarkupKind::Markdown, value: hover.markdown }),
                range: Some(range(hover.span)),
            }))
        }
        GotoDefinition::METHOD => {
            let params: GotoDefinitionParams = understood(params)?;
            to_value(ide::definition(analysis, at(&params.text_document_position_params)).and_then(location))
        }
        References::METHOD => {
            let params: ReferenceParams = understood(params)?;
            let declared = params.context.include_declaration;
            let places = ide::references(analysis, at(&params.text_document_position), declared);
            to_value(places.into_iter().filter_map(location).collect::<Vec<_>>())
        }
        PrepareRenameRequest::METHOD => {
            let place: TextDocumentPositionParams = understood(params)?;
            let span = ide::prepare_rename(analysis, at(&place)).map_err(refused)?;
            to_value(PrepareRenameResponse::Range(range(span)))
        }
        Rename::METHOD => {
            let params: RenameParams = understood(params)?;
            let edits = ide::rename(analysis, at(&params.text_document_position), &params.new_name).map_err(refused)?;
            to_value(workspace_edit(analysis, uri, edits))
        }
        Formatting::METHOD => {
            // A text with syntax errors is left as it is, and the errors are shown already.
            let formatted = syntax::format(&source.text).ok().filter(|text| *text != source.text);
            to_value(formatted.map(|text| vec![whole(source, text)]).unwrap_or_default())
        }
        DocumentSymbolRequest::METHOD => {
            let parts = ide::outline(analysis);
            to_value(parts.into_iter().map(|part| symbol(part, source)).collect::<Vec<_>>())
        }
        FoldingRangeRequest::METHOD => {
            let folds = ide::folds(analysis).into_iter().map(|span| {
                let range = range(span);
                let comment = source.text[span.range()].starts_with('#');
                FoldingRange {
                    start_line: range.start.line,
                    end_line: range.end.line,
                    kind: comment.then_some(FoldingRangeKind::Comment),
                    ..FoldingRange::default()
                }
            });
            to_value(folds.collect::<Vec<_>>())
        }
        SemanticTokensFullRequest::METHOD => {
            to_value(SemanticTokens { result_id: None, data: semantic_tokens(analysis) })
        }
        CodeActionRequest::METHOD => {
            let params: CodeActionParams = understood(params)?;
            let found = ide::actions(analysis, convert::bytes(source, params.range));
            to_value(found.into_iter().map(|action| code_action(analysis, uri, action)).collect::<Vec<_>>())
        }
        _ => return Err((ErrorCode::MethodNotFound, format!("{method} is not known"))),
    };
    value.map_err(|error| (ErrorCode::InternalError, error.to_string()))
}

fn refused(message: String) -> Refusal {
    (ErrorCode::RequestFailed, message)
}

fn location(analysis: &Analysis, own: &Uri, span: Span) -> Option<Location> {
    let source = analysis.sources.get(span.file);
    Some(Location { uri: address(analysis, own, span.file)?, range: convert::range(source, span) })
}

fn address(analysis: &Analysis, own: &Uri, file: u32) -> Option<Uri> {
    match file {
        0 => Some(own.clone()),
        file => convert::uri(std::path::Path::new(&analysis.sources.get(file).name)),
    }
}

fn whole(source: &crate::source::Source, text: String) -> TextEdit {
    let end = convert::position(source, source.text.len());
    TextEdit { range: Range { start: Position::new(0, 0), end }, new_text: text }
}

#[allow(clippy::mutable_key_type)] // The protocol's own type.
fn workspace_edit(analysis: &Analysis, own: &Uri, edits: Vec<(Span, String)>) -> WorkspaceEdit {
    let mut changes: std::collections::HashMap<Uri, Vec<TextEdit>> = std::collections::HashMap::new();
    for (span, new_text) in edits {
        let range = convert::range(analysis.sources.get(span.file), span);
        if let Some(uri) = address(analysis, own, span.file) {
            changes.entry(uri).or_default().push(TextEdit { range, new_text });
        }
    }
    WorkspaceEdit { changes: Some(changes), ..WorkspaceEdit::default() }
}

/// The diagnostics of the text itself, and one at each import whose file has errors.
pub fn diagnostics(analysis: &Analysis, own: &Uri) -> Vec<Diagnostic> {
    let mut found: Vec<Diagnostic> =
        analysis.diagnostics.iter().filter(|d| d.span().file == 0).map(|d| diagnostic(analysis, own, d)).collect();
    let items = analysis.files.first().map(|file| &file.items[..]).unwrap_or_default();
    for item in items {
        let Item::Use(used) = item else { continue };
        let Some(file) = used.file.filter(|file| *file != 0) else { continue };
        let first = analysis.diagnostics.iter().find(|d| d.span().file == file && d.is_error());
        if let Some(first) = first {
            found.push(Diagnostic {
                range: convert::range(analysis.sources.get(0), used.path.span),
                severity: Some(DiagnosticSeverity::ERROR),
                source: Some("caviar".into()),
                message: format!(
                    "this file has mistakes; the first, at {}: {}",
                    analysis.sources.place(first.span()),
                    first.message
                ),
                ..Diagnostic::default()
            });
        }
    }
    found
}

fn diagnostic(analysis: &Analysis, own: &Uri, diagnostic: &crate::diagnostic::Diagnostic) -> Diagnostic {
    let mut message = diagnostic.message.clone();
    if !diagnostic.labels[0].text.is_empty() {
        message.push_str(&format!(": {}", diagnostic.labels[0].text));
    }
    for note in &diagnostic.notes {
        message.push_str(&format!("\n{note}"));
    }
    let related = diagnostic.labels[1..].iter().filter_map(|label| {
        Some(DiagnosticRelatedInformation {
            location: location(analysis, own, label.span)?,
            message: label.text.clone(),
        })
    });
    let related: Vec<_> = related.collect();
    Diagnostic {
        range: convert::range(analysis.sources.get(0), diagnostic.span()),
        severity: Some(match diagnostic.severity {
            Severity::Error => DiagnosticSeverity::ERROR,
            Severity::Warning => DiagnosticSeverity::WARNING,
        }),
        code: Some(NumberOrString::String(diagnostic.code.into())),
        source: Some("caviar".into()),
        message,
        related_information: (!related.is_empty()).then_some(related),
        ..Diagnostic::default()
    }
}

fn completion(n: usize, item: ide::Completion, source: &crate::source::Source) -> CompletionItem {
    CompletionItem {
        kind: Some(match item.kind {
            CompletionKind::Keyword => CompletionItemKind::KEYWORD,
            CompletionKind::Property => CompletionItemKind::PROPERTY,
            CompletionKind::Function => CompletionItemKind::FUNCTION,
            CompletionKind::Variable => CompletionItemKind::VARIABLE,
            CompletionKind::Type => CompletionItemKind::CLASS,
            CompletionKind::Constant => CompletionItemKind::ENUM_MEMBER,
            CompletionKind::Column => CompletionItemKind::FIELD,
        }),
        detail: (!item.detail.is_empty()).then_some(item.detail),
        documentation: (!item.doc.is_empty()).then_some(Documentation::String(item.doc)),
        sort_text: Some(format!("{n:05}")),
        insert_text_format: item.snippet.then_some(InsertTextFormat::SNIPPET),
        text_edit: Some(CompletionTextEdit::Edit(TextEdit {
            range: convert::range(source, item.replace),
            new_text: item.insert,
        })),
        label: item.label,
        ..CompletionItem::default()
    }
}

#[allow(deprecated)] // A field of the protocol that has no other way to be left out.
fn symbol(part: ide::Outline, source: &crate::source::Source) -> DocumentSymbol {
    DocumentSymbol {
        name: if part.name.trim().is_empty() { part.detail.clone() } else { part.name },
        detail: (!part.detail.is_empty()).then_some(part.detail),
        kind: match part.kind {
            OutlineKind::Heading => SymbolKind::STRING,
            OutlineKind::Let => SymbolKind::VARIABLE,
            OutlineKind::Data => SymbolKind::ARRAY,
            OutlineKind::Network => SymbolKind::STRUCT,
            OutlineKind::Experiment => SymbolKind::CLASS,
            OutlineKind::Show => SymbolKind::INTERFACE,
            OutlineKind::Claim => SymbolKind::BOOLEAN,
            OutlineKind::Other => SymbolKind::EVENT,
        },
        tags: None,
        deprecated: None,
        range: convert::range(source, part.span),
        selection_range: convert::range(source, part.name_span),
        children: Some(part.children.into_iter().map(|child| symbol(child, source)).collect()),
    }
}

/// The types of semantic tokens, in the order of [`Highlight`].
pub fn token_types() -> Vec<SemanticTokenType> {
    vec![
        SemanticTokenType::COMMENT,
        SemanticTokenType::STRING,
        SemanticTokenType::NUMBER,
        SemanticTokenType::OPERATOR,
        SemanticTokenType::KEYWORD,
        SemanticTokenType::PROPERTY,
        SemanticTokenType::FUNCTION,
        SemanticTokenType::VARIABLE,
        SemanticTokenType::CLASS,
        SemanticTokenType::ENUM_MEMBER,
        // No theme has colours for this: what the editor's grammar says of it stays.
        SemanticTokenType::new("prose"),
    ]
}

fn token_type(highlight: Highlight) -> u32 {
    match highlight {
        Highlight::Comment => 0,
        Highlight::Text => 1,
        Highlight::Number => 2,
        Highlight::Operator => 3,
        Highlight::Keyword => 4,
        Highlight::Property => 5,
        Highlight::Function => 6,
        Highlight::Variable => 7,
        Highlight::Type => 8,
        Highlight::Constant => 9,
        Highlight::Prose => 10,
    }
}

fn semantic_tokens(analysis: &Analysis) -> Vec<SemanticToken> {
    let source = analysis.sources.get(0);
    let mut last = Position::new(0, 0);
    let mut tokens = Vec::new();
    for (span, highlight) in ide::highlights(analysis) {
        let range = convert::range(source, span);
        let delta_line = range.start.line - last.line;
        let from = if delta_line == 0 { last.character } else { 0 };
        tokens.push(SemanticToken {
            delta_line,
            delta_start: range.start.character - from,
            length: range.end.character - range.start.character,
            token_type: token_type(highlight),
            token_modifiers_bitset: 0,
        });
        last = range.start;
    }
    tokens
}

fn code_action(analysis: &Analysis, own: &Uri, action: ide::Action) -> CodeAction {
    let mended = action.diagnostic.map(|n| vec![diagnostic(analysis, own, &analysis.diagnostics[n])]);
    CodeAction {
        title: action.title,
        kind: Some(CodeActionKind::QUICKFIX),
        diagnostics: mended,
        edit: Some(workspace_edit(analysis, own, action.edits)),
        is_preferred: Some(action.sure),
        ..CodeAction::default()
    }
}
