//! The live page: HTTP on the loopback interface only, kept up to date by server-sent events.
//!
//! Every page is told the whole state of a notebook when it comes and whenever that changes (at most twenty times a second), so
//! that a page that is slow, late, or comes again after the server was started anew misses nothing.
//!
//! A browser holds six connections to a host and no more, so at most five tabs of one browser follow at once.
//!
//! Refused: hosts that are not this machine's own names (a foreign page could otherwise reach us by a name of its own), methods
//! that are not GET or HEAD, requests that are too long or too slow, and more connections than a few people have tabs.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::live::{Event, Live};

const LONGEST_REQUEST: usize = 16 * 1024;
const MOST_CONNECTIONS: usize = 64;
const PATIENCE: Duration = Duration::from_secs(5);
/// Between two states that a page is told.
const PAUSE: Duration = Duration::from_millis(50);
/// A page that has gone is noticed by writing to it.
const HEARTBEAT: Duration = Duration::from_secs(5);

const PAGE: &str = include_str!("page/live.html");
const STYLE: &str = include_str!("page/live.css");
const SCRIPT: &str = include_str!("page/live.js");

/// The page itself loads nothing from elsewhere and runs nothing but its own script.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; frame-src 'self'; \
    img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// A report is one file with everything in it.
const REPORT_POLICY: &str = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; \
    font-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

/// A server of live pages; it ends when it is dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    port: u16,
    state: Mutex<State>,
    changed: Condvar,
    stop: AtomicBool,
    connections: AtomicUsize,
}

#[derive(Debug, Default)]
struct State {
    /// In the order in which they were heard of; the place is the number in the address of the report.
    notebooks: Vec<Notebook>,
}

#[derive(Debug)]
struct Notebook {
    live: Live,
    html: Option<Arc<str>>,
    gone: bool,
    /// Counts the changes.
    version: u64,
}

impl Server {
    /// Serve on this port of 127.0.0.1, or on one that is free.
    ///
    /// # Errors
    /// When the port is taken.
    pub fn start(port: Option<u16>) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port.unwrap_or(0)))?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            port: address.port(),
            state: Mutex::default(),
            changed: Condvar::new(),
            stop: AtomicBool::new(false),
            connections: AtomicUsize::new(0),
        });
        let accepting = {
            let shared = Arc::clone(&shared);
            thread::Builder::new().name("live page".into()).spawn(move || accept(&listener, &shared))?
        };
        Ok(Server { address, shared, accepting: Some(accepting) })
    }

    /// What to open in a browser.
    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// Something happened to the notebook of this name.
    pub fn publish(&self, notebook: &str, event: Event) {
        self.shared.change(notebook, |known| known.live.apply(event));
    }

    /// The notebook of this name has a new report: one HTML file that loads nothing.
    pub fn report(&self, notebook: &str, html: impl Into<Arc<str>>) {
        let html = html.into();
        self.shared.change(notebook, |known| {
            if known.html.as_ref() != Some(&html) {
                known.html = Some(html);
                known.live.apply(Event::Report);
            }
        });
    }

    /// The notebook of this name is gone.
    pub fn remove(&self, notebook: &str) {
        self.shared.change(notebook, |known| known.gone = true);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        self.shared.changed.notify_all();
        // A connection wakes the thread that waits for one.
        let _ = TcpStream::connect_timeout(&self.address, PATIENCE);
        if let Some(accepting) = self.accepting.take() {
            // It ends by itself if it has not.
            let _ = accepting.join();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, name: &str, change: impl FnOnce(&mut Notebook)) {
        let mut state = self.lock();
        let place = state.notebooks.iter().position(|notebook| notebook.live.name == name);
        let place = place.unwrap_or_else(|| {
            state.notebooks.push(Notebook { live: Live::new(name), html: None, gone: false, version: 0 });
            state.notebooks.len() - 1
        });
        let notebook = &mut state.notebooks[place];
        notebook.gone = false;
        change(notebook);
        notebook.version += 1;
        drop(state);
        self.changed.notify_all();
    }

    fn stopped(&self) -> bool {
        self.stop.load(Ordering::SeqCst)
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for stream in listener.incoming() {
        if shared.stopped() {
            return;
        }
        let Ok(stream) = stream else {
            // Too many open files, for example: wait until some are closed.
            thread::sleep(PAUSE);
            continue;
        };
        let connection = Connection::count(shared);
        let to = Arc::clone(shared);
        let spawned = thread::Builder::new().name("live page".into()).spawn(move || {
            // A browser that goes away is no error of ours.
            let _ = answer(stream, &to, &connection);
        });
        if spawned.is_err() {
            thread::sleep(PAUSE);
        }
    }
}

/// One of the open connections.
struct Connection {
    shared: Arc<Shared>,
    number: usize,
}

impl Connection {
    fn count(shared: &Arc<Shared>) -> Self {
        let number = shared.connections.fetch_add(1, Ordering::SeqCst) + 1;
        Connection { shared: Arc::clone(shared), number }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.shared.connections.fetch_sub(1, Ordering::SeqCst);
    }
}

/// A request, as far as it matters.
#[derive(Debug, PartialEq, Eq)]
struct Request {
    method: String,
    path: String,
    host: Option<String>,
}

/// The head of a request; `Err` is the status to refuse it with.
fn parse(head: &[u8]) -> Result<Request, &'static str> {
    const BAD: &str = "400 Bad Request";
    let text = std::str::from_utf8(head).map_err(|_| BAD)?;
    let mut lines = text.split("\r\n");
    let mut words = lines.next().unwrap_or_default().split(' ');
    let (Some(method), Some(target), Some(version), None) = (words.next(), words.next(), words.next(), words.next())
    else {
        return Err(BAD);
    };
    if !version.starts_with("HTTP/1.") || !target.starts_with('/') {
        return Err(BAD);
    }
    let mut host = None;
    for line in lines.take_while(|line| !line.is_empty()) {
        let (name, value) = line.split_once(':').ok_or(BAD)?;
        if name.eq_ignore_ascii_case("host") && host.replace(value.trim().to_ascii_lowercase()).is_some() {
            return Err(BAD);
        }
    }
    let path = target.split(['?', '#']).next().unwrap_or_default().to_string();
    Ok(Request { method: method.to_string(), path, host })
}

fn read_head(stream: &mut TcpStream) -> Result<Vec<u8>, &'static str> {
    let end = Instant::now() + PATIENCE;
    let mut head = Vec::new();
    let mut part = [0; 2048];
    loop {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() || stream.set_read_timeout(Some(left)).is_err() {
            return Err("408 Request Timeout");
        }
        match stream.read(&mut part) {
            Ok(0) => return Err("400 Bad Request"),
            Ok(count) => head.extend(&part[..count]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(_) => return Err("408 Request Timeout"),
        }
        if head.windows(4).any(|four| four == b"\r\n\r\n") {
            return Ok(head);
        }
        if head.len() > LONGEST_REQUEST {
            return Err("431 Request Header Fields Too Large");
        }
    }
}

fn answer(mut stream: TcpStream, shared: &Shared, connection: &Connection) -> io::Result<()> {
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.set_nodelay(true)?;
    if connection.number > MOST_CONNECTIONS {
        return refuse(&mut stream, "503 Service Unavailable", "too many connections");
    }
    let request = match read_head(&mut stream).and_then(|head| parse(&head)) {
        Ok(request) => request,
        Err(status) => return refuse(&mut stream, status, "not understood"),
    };
    let port = shared.port;
    let own = [format!("127.0.0.1:{port}"), format!("localhost:{port}")];
    if !request.host.is_some_and(|host| own.contains(&host)) {
        return refuse(&mut stream, "403 Forbidden", "this page is for this machine only");
    }
    let body = match request.method.as_str() {
        "GET" => true,
        "HEAD" => false,
        _ => return refuse(&mut stream, "405 Method Not Allowed", "only GET and HEAD"),
    };
    let send = |stream: &mut TcpStream, kind: &str, policy: &str, text: &str| {
        respond(stream, "200 OK", kind, policy, text, body)
    };
    match request.path.as_str() {
        "/" => send(&mut stream, "text/html; charset=utf-8", PAGE_POLICY, PAGE),
        "/live.css" => send(&mut stream, "text/css; charset=utf-8", PAGE_POLICY, STYLE),
        "/live.js" => send(&mut stream, "text/javascript; charset=utf-8", PAGE_POLICY, SCRIPT),
        "/events" if body => events(&mut stream, shared),
        "/events" => send(&mut stream, "text/event-stream", PAGE_POLICY, ""),
        other => {
            let number = other.strip_prefix("/report/").and_then(|number| number.parse::<usize>().ok());
            let html = number.and_then(|number| shared.lock().notebooks.get(number)?.html.clone());
            match html {
                Some(html) => send(&mut stream, "text/html; charset=utf-8", REPORT_POLICY, &html),
                None => refuse(&mut stream, "404 Not Found", "nothing here"),
            }
        }
    }
}

fn refuse(stream: &mut TcpStream, status: &str, text: &str) -> io::Result<()> {
    respond(stream, status, "text/plain; charset=utf-8", PAGE_POLICY, &format!("{text}\n"), true)
}

fn head(status: &str, kind: &str, policy: &str, length: Option<usize>) -> String {
    let length = length.map_or(String::new(), |length| format!("Content-Length: {length}\r\n"));
    let allow = if status.starts_with("405") { "Allow: GET, HEAD\r\n" } else { "" };
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\n{length}{allow}Content-Security-Policy: {policy}\r\n\
         X-Content-Type-Options: nosniff\r\nCross-Origin-Resource-Policy: same-origin\r\nReferrer-Policy: no-referrer\r\n\
         Cache-Control: no-store\r\nConnection: close\r\n\r\n"
    )
}

fn respond(stream: &mut TcpStream, status: &str, kind: &str, policy: &str, text: &str, body: bool) -> io::Result<()> {
    let mut bytes = head(status, kind, policy, Some(text.len())).into_bytes();
    if body {
        bytes.extend(text.as_bytes());
    }
    stream.write_all(&bytes)?;
    stream.shutdown(Shutdown::Write)?;
    // What the other side still sends is taken, so that closing does not cut off the answer.
    stream.set_read_timeout(Some(Duration::from_millis(200)))?;
    let mut rest = [0; 2048];
    for _ in 0..64 {
        if !matches!(stream.read(&mut rest), Ok(1..)) {
            break;
        }
    }
    Ok(())
}

/// Tell a page the state of every notebook, now and whenever one changes, until it goes away.
fn events(stream: &mut TcpStream, shared: &Shared) -> io::Result<()> {
    stream.write_all(head("200 OK", "text/event-stream", PAGE_POLICY, None).as_bytes())?;
    // A page whose server is gone tries again so soon.
    stream.write_all(b"retry: 500\n\n")?;
    let mut told: Vec<u64> = Vec::new();
    let mut written = Instant::now();
    while !shared.stopped() {
        let messages = {
            let mut state = shared.lock();
            if !news(&state, &told) {
                let wait = HEARTBEAT.saturating_sub(written.elapsed());
                let waited = shared.changed.wait_timeout(state, wait).unwrap_or_else(PoisonError::into_inner);
                state = waited.0;
            }
            messages(&state, &mut told)
        };
        if !messages.is_empty() {
            stream.write_all(messages.as_bytes())?;
            written = Instant::now();
            thread::sleep(PAUSE);
        } else if written.elapsed() >= HEARTBEAT {
            stream.write_all(b": still here\n\n")?;
            written = Instant::now();
        }
    }
    Ok(())
}

fn news(state: &State, told: &[u64]) -> bool {
    state.notebooks.iter().enumerate().any(|(i, notebook)| told.get(i) != Some(&notebook.version))
}

/// The notebooks that a page was not told of yet as they are.
fn messages(state: &State, told: &mut Vec<u64>) -> String {
    let mut text = String::new();
    for (number, notebook) in state.notebooks.iter().enumerate() {
        if told.get(number) == Some(&notebook.version) {
            continue;
        }
        told.resize(told.len().max(number + 1), u64::MAX);
        told[number] = notebook.version;
        let data = if notebook.gone { serde_json::Value::Null } else { serde_json::json!(notebook.live) };
        let message = serde_json::json!({ "number": number, "notebook": data });
        text += &format!("event: notebook\ndata: {message}\n\n");
    }
    text
}

#[cfg(test)]
#[path = "serve_tests.rs"]
mod tests;
