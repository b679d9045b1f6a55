//! A real client session with `caviar lsp` over standard input and output.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::Project;

struct Client {
    child: Child,
    input: ChildStdin,
    messages: Receiver<Value>,
    next: i64,
    /// Notifications that came while an answer was awaited.
    heard: Vec<Value>,
}

impl Client {
    fn start(project: &Project) -> Client {
        let mut child =
            project.command(&["lsp"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the program starts");
        let input = child.stdin.take().expect("its input");
        let mut output = BufReader::new(child.stdout.take().expect("its output"));
        let (sender, messages) = channel();
        std::thread::spawn(move || {
            loop {
                let mut length = 0;
                loop {
                    let mut line = String::new();
                    if output.read_line(&mut line).unwrap_or(0) == 0 {
                        return;
                    }
                    if let Some(n) = line.strip_prefix("Content-Length: ") {
                        length = n.trim().parse().expect("a length");
                    }
                    if line.trim().is_empty() {
                        break;
                    }
                }
                let mut body = vec![0; length];
                output.read_exact(&mut body).expect("a whole message");
                if sender.send(serde_json::from_slice(&body).expect("JSON")).is_err() {
                    return;
                }
            }
        });
        Client { child, input, messages, next: 1, heard: Vec::new() }
    }

    fn send(&mut self, mut message: Value) {
        message["jsonrpc"] = json!("2.0");
        let body = message.to_string();
        write!(self.input, "Content-Length: {}\r\n\r\n{body}", body.len()).expect("the program listens");
        self.input.flush().expect("the program listens");
    }

    fn notify(&mut self, method: &str, params: Value) {
        self.send(json!({"method": method, "params": params}));
    }

    fn post(&mut self, method: &str, params: Value) -> i64 {
        let id = self.next;
        self.next += 1;
        self.send(json!({"id": id, "method": method, "params": params}));
        id
    }

    fn receive(&mut self) -> Value {
        self.messages.recv_timeout(Duration::from_secs(60)).expect("a message in time")
    }

    fn answer(&mut self, id: i64) -> Value {
        loop {
            let message = self.receive();
            if message["id"] == json!(id) && message.get("method").is_none() {
                return message;
            }
            self.heard.push(message);
        }
    }

    fn ask(&mut self, method: &str, params: Value) -> Value {
        let id = self.post(method, params);
        let answer = self.answer(id);
        assert!(answer.get("error").is_none(), "{method}: {answer}");
        answer["result"].clone()
    }

    fn hello(&mut self) -> Value {
        self.hello_with(json!({}))
    }

    fn hello_with(&mut self, capabilities: Value) -> Value {
        let answer = self.ask("initialize", json!({"capabilities": capabilities, "processId": null, "rootUri": null}));
        self.notify("initialized", json!({}));
        answer
    }

    /// A request that the program makes.
    fn asked(&mut self, method: &str) -> Value {
        loop {
            if let Some(n) = self.heard.iter().position(|m| m["method"] == method && m.get("id").is_some()) {
                return self.heard.remove(n);
            }
            let message = self.receive();
            self.heard.push(message);
        }
    }

    /// The hints of a text, as they are shown.
    fn hints(&mut self, uri: &str) -> Vec<String> {
        let everything = json!({"start": {"line": 0, "character": 0}, "end": {"line": 99, "character": 0}});
        let hints = self.ask("textDocument/inlayHint", json!({"textDocument": {"uri": uri}, "range": everything}));
        hints.as_array().expect("a list").iter().map(|h| h["label"].as_str().expect("text").to_string()).collect()
    }

    /// Change a part of the only line that holds a piece.
    fn edit(&mut self, uri: &str, version: i64, text: &str, from: &str, to: &str) -> String {
        let changed = text.replacen(from, to, 1);
        self.notify(
            "textDocument/didChange",
            json!({"textDocument": {"uri": uri, "version": version}, "contentChanges": [{"text": changed}]}),
        );
        changed
    }

    /// The diagnostics of a version of a text.
    fn diagnostics(&mut self, version: i64) -> Vec<Value> {
        let wanted =
            |m: &Value| m["method"] == "textDocument/publishDiagnostics" && m["params"]["version"] == json!(version);
        loop {
            if let Some(n) = self.heard.iter().position(wanted) {
                return self.heard.remove(n)["params"]["diagnostics"].as_array().expect("a list").clone();
            }
            let message = self.receive();
            self.heard.push(message);
        }
    }

    fn good_bye(mut self) {
        self.ask("shutdown", Value::Null);
        self.notify("exit", Value::Null);
        assert_eq!(self.child.wait().expect("it ends").code(), Some(0));
    }
}

const TEXT: &str = "# 🐟 µ\ndata d { source = iris() }\n\nnetwork n { dense(classes) -> softmax }\n\nexperiment e {\n  data = d\n  network = n\n  epoch = 3   # 🐟\n}\n";

fn open(client: &mut Client, project: &Project, text: &str) -> String {
    let uri = format!("file://{}", project.path("a.exp").display());
    client.notify(
        "textDocument/didOpen",
        json!({"textDocument": {"uri": uri, "languageId": "exp", "version": 1, "text": text}}),
    );
    uri
}

fn place(uri: &str, line: u32, character: u32) -> Value {
    json!({"textDocument": {"uri": uri}, "position": {"line": line, "character": character}})
}

#[test]
fn a_whole_session() {
    let project = Project::new();
    let mut client = Client::start(&project);
    let can = client.hello();
    assert_eq!(can["capabilities"]["hoverProvider"], json!(true));
    let uri = open(&mut client, &project, TEXT);

    let found = client.diagnostics(1);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(found[0]["range"]["start"], json!({"line": 8, "character": 2}));
    assert_eq!(found[0]["source"], "caviar");
    let actions = client.ask(
        "textDocument/codeAction",
        json!({"textDocument": {"uri": uri}, "range": found[0]["range"], "context": {"diagnostics": found}}),
    );
    let edit = &actions[0]["edit"]["changes"][&uri][0];
    assert_eq!(edit["newText"], "epochs", "{actions}");

    // The fix is taken: what was wrong is gone.
    client.notify(
        "textDocument/didChange",
        json!({"textDocument": {"uri": uri, "version": 2}, "contentChanges": [{"range": edit["range"], "text": "epochs"}]}),
    );
    let left = client.diagnostics(2);
    assert!(left.iter().all(|d| d["severity"] != json!(1)), "{left:#?}");

    let hover = client.ask("textDocument/hover", place(&uri, 8, 3));
    assert!(hover["contents"]["value"].as_str().expect("text").contains("epochs"), "{hover}");
    let target = client.ask("textDocument/definition", place(&uri, 6, 9));
    assert_eq!(target["range"]["start"], json!({"line": 1, "character": 5}), "{target}");
    let mut params = place(&uri, 1, 5);
    params["context"] = json!({"includeDeclaration": true});
    assert_eq!(client.ask("textDocument/references", params).as_array().map(Vec::len), Some(2));
    assert_eq!(client.ask("textDocument/prepareRename", place(&uri, 1, 5))["end"], json!({"line": 1, "character": 6}));
    let mut params = place(&uri, 1, 5);
    params["newName"] = json!("flowers");
    assert_eq!(client.ask("textDocument/rename", params)["changes"][&uri].as_array().map(Vec::len), Some(2));
    let options = client.ask("textDocument/completion", place(&uri, 7, 12));
    assert!(options.as_array().expect("a list").iter().any(|o| o["label"] == "n"), "{options}");
    let whole = json!({"textDocument": {"uri": uri}});
    let symbols = client.ask("textDocument/documentSymbol", whole.clone());
    assert_eq!(symbols.as_array().map(Vec::len), Some(3));
    assert_eq!(client.ask("textDocument/foldingRange", whole.clone()).as_array().map(Vec::len), Some(1));
    let tokens = client.ask("textDocument/semanticTokens/full", whole.clone());
    // The first token is the comment, six UTF-16 units long: `#`, space, two for the fish, space, µ.
    assert_eq!(
        tokens["data"].as_array().map(|data| data[..5].to_vec()),
        Some(vec![json!(0), json!(0), json!(6), json!(0), json!(0)])
    );
    let mut params = whole.clone();
    params["options"] = json!({"tabSize": 2, "insertSpaces": true});
    let edits = client.ask("textDocument/formatting", params);
    assert!(edits[0]["newText"].as_str().expect("text").contains("  epochs  = 3  # 🐟\n"), "{edits}");
    let mut params = whole;
    params["range"] = json!({"start": {"line": 0, "character": 0}, "end": {"line": 20, "character": 0}});
    assert_eq!(client.ask("textDocument/inlayHint", params), json!([]), "nothing has been run");

    client.notify("textDocument/didClose", json!({"textDocument": {"uri": uri}}));
    client.good_bye();
}

#[test]
fn rapid_edits_keep_their_order_and_columns_are_utf16() {
    let project = Project::new();
    let mut client = Client::start(&project);
    client.hello();
    let uri = open(&mut client, &project, "");
    // Each letter is put behind the one before; the fish takes two columns.
    let (mut column, mut line) = (0, 0);
    let mut version = 1;
    for c in TEXT.chars() {
        version += 1;
        let at = json!({"line": line, "character": column});
        client.notify(
            "textDocument/didChange",
            json!({"textDocument": {"uri": uri, "version": version}, "contentChanges": [{"range": {"start": at, "end": at}, "text": c.to_string()}]}),
        );
        if c == '\n' {
            (line, column) = (line + 1, 0);
        } else {
            column += c.len_utf16();
        }
    }
    let found = client.diagnostics(version);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(found[0]["range"], json!({"start": {"line": 8, "character": 2}, "end": {"line": 8, "character": 7}}));
    client.good_bye();
}

#[test]
fn strange_requests_get_errors_and_the_server_goes_on() {
    let project = Project::new();
    let mut client = Client::start(&project);
    client.hello();
    let uri = open(&mut client, &project, "let x = (((\n\"\"\"");
    for (method, params) in [
        ("textDocument/unheardOf", json!({"textDocument": {"uri": uri}})),
        (
            "textDocument/hover",
            json!({"textDocument": {"uri": "file:///not/open.exp"}, "position": {"line": 0, "character": 0}}),
        ),
        ("textDocument/hover", json!({"textDocument": {"uri": uri}, "position": "here"})),
        (
            "textDocument/rename",
            json!({"textDocument": {"uri": uri}, "position": {"line": 0, "character": 8}, "newName": "y"}),
        ),
    ] {
        let id = client.post(method, params);
        assert!(client.answer(id)["error"]["code"].is_i64(), "{method}");
    }
    assert!(client.ask("textDocument/completion", place(&uri, 999, 999)).is_array());
    client.notify("textDocument/didChange", json!({"nonsense": true}));
    assert!(!client.diagnostics(1).is_empty());
    client.good_bye();
}

const SEARCH: &str = "data d { source = iris(), normalize = zscore }\nnetwork n { dense(classes) -> softmax }\n\nexperiment e {\n  data = d\n  network = n\n  optimizer = adam(rate = log(1e-3, 1e-1))\n  epochs = 2\n  search = random(trials = 2)\n}\n\nclaim \"it learns\" { e.best.dev.accuracy > 0.1 }\n";

#[test]
fn results_of_the_store_stand_beside_the_text() {
    let project = Project::new().file("a.exp", SEARCH);
    project.run(&["run", "a.exp"]).code(0);
    let mut client = Client::start(&project);
    client.hello();
    let uri = open(&mut client, &project, SEARCH);
    let whole = client.hints(&uri);
    assert_eq!(whole.len(), 3, "{whole:?}");
    assert!(whole[0].starts_with("dev.loss ") && whole[0].ends_with(", 2 trials"), "{whole:?}");
    assert!(whole[1].starts_with("best 0.") && !whole[1].contains("out of date"), "{whole:?}");
    assert_eq!(whole[2], "holds");

    // More trials: those that are stored count.
    let more = client.edit(&uri, 2, SEARCH, "trials = 2", "trials = 4");
    let part = client.hints(&uri);
    assert!(part[0].ends_with(", 2 of 4 trials"), "{part:?}");
    assert_eq!(part[1], whole[1]);
    assert_eq!(part[2], "holds (out of date)");

    // Another training: the last run is remembered, and said to be the last.
    let other = client.edit(&uri, 3, &more, "epochs = 2", "epochs = 3");
    let old = client.hints(&uri);
    assert_eq!(old[0], format!("{} (out of date)", whole[0]));
    assert_eq!(old[1], format!("{} (out of date)", whole[1]));

    // Mistakes, prose and comments change nothing.
    let broken = client.edit(&uri, 4, &other, "epochs = 3", "epochs = ");
    assert_eq!(client.hints(&uri), old);
    client.edit(&uri, 5, &broken, "epochs = ", "epochs = 2  # as before");
    assert!(client.hints(&uri)[0].ends_with(", 2 of 4 trials"));

    // What another process stores meanwhile is seen.
    project.write("a.exp", &more);
    project.run(&["run", "a.exp"]).code(0);
    assert!(client.hints(&uri)[0].ends_with(", 4 trials"), "{:?}", client.hints(&uri));
    client.good_bye();
}

#[test]
fn without_a_store_the_committed_lock_tells() {
    let project = Project::new().file("a.exp", SEARCH);
    project.run(&["run", "a.exp"]).code(0);
    std::fs::remove_dir_all(project.path(".caviar")).expect("the store");
    let mut client = Client::start(&project);
    client.hello();
    let uri = open(&mut client, &project, SEARCH);
    let hints = client.hints(&uri);
    assert!(hints.len() == 3 && hints.iter().all(|hint| !hint.contains("out of date")), "{hints:?}");
    client.edit(&uri, 2, SEARCH, "epochs = 2", "epochs = 3");
    assert!(client.hints(&uri).iter().all(|hint| hint.ends_with("(out of date)")));
    client.good_bye();
}

#[test]
fn an_editor_that_can_is_told_that_results_have_changed() {
    let project = Project::new().file("a.exp", SEARCH);
    let mut client = Client::start(&project);
    client.hello_with(json!({"workspace": {
        "inlayHint": {"refreshSupport": true},
        "didChangeWatchedFiles": {"dynamicRegistration": true},
    }}));
    let registered = client.asked("client/registerCapability");
    assert_eq!(registered["params"]["registrations"][0]["method"], "workspace/didChangeWatchedFiles");
    let uri = open(&mut client, &project, SEARCH);
    assert_eq!(client.hints(&uri), [] as [&str; 0], "nothing has been run");
    project.run(&["run", "a.exp"]).code(0);
    let lock = format!("file://{}", project.path("a.lock").display());
    client.notify("workspace/didChangeWatchedFiles", json!({"changes": [{"uri": lock, "type": 1}]}));
    client.asked("workspace/inlayHint/refresh");
    assert_eq!(client.hints(&uri).len(), 3);
    client.good_bye();
}

/// An edit and what an editor asks for after it, in a file of a thousand lines.
#[test]
#[allow(clippy::print_stdout)]
fn answers_come_at_once() {
    let mut text = String::from(SEARCH);
    for n in 0.. {
        if text.lines().count() > 1000 {
            break;
        }
        text.push_str(&format!(
            "\nexperiment e{n} {{\n  data = d\n  network = n\n  optimizer = adam(rate = log(1e-4, 1))\n  epochs = {}\n  search = random(trials = 8)\n}}\n",
            n + 1
        ));
    }
    let project = Project::new();
    let mut client = Client::start(&project);
    client.hello();
    let uri = open(&mut client, &project, &text);
    client.diagnostics(1);
    let mut times = Vec::new();
    for version in 2..12 {
        let start = std::time::Instant::now();
        let at = json!({"line": 7, "character": 11});
        client.notify(
            "textDocument/didChange",
            json!({"textDocument": {"uri": uri, "version": version}, "contentChanges": [{"range": {"start": at, "end": at}, "text": "1"}]}),
        );
        client.ask("textDocument/completion", place(&uri, 6, 20));
        let completed = start.elapsed();
        client.diagnostics(version);
        times.push((completed, start.elapsed()));
    }
    times.sort();
    // Seen with --nocapture; a machine that does other things, too, proves nothing by its time.
    println!("completion {:?}, diagnostics {:?} after an edit", times[5].0, times[5].1);
    client.good_bye();
}
