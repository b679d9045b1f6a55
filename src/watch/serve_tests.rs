use std::io::BufRead;

use super::*;
use crate::watch::live::Problem;

fn server() -> Server {
    Server::start(None).unwrap()
}

fn raw(server: &Server, request: &str) -> String {
    let mut stream = TcpStream::connect(server.address).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn request(server: &Server, method: &str, path: &str) -> String {
    raw(server, &format!("{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n\r\n", server.address.port()))
}

fn status(answer: &str) -> &str {
    &answer["HTTP/1.1 ".len()..][..3]
}

/// A page that follows the events.
struct Tab(io::BufReader<TcpStream>);

impl Tab {
    fn open(server: &Server) -> Self {
        let mut stream = TcpStream::connect(server.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        write!(stream, "GET /events HTTP/1.1\r\nHost: localhost:{}\r\n\r\n", server.address.port()).unwrap();
        Tab(io::BufReader::new(stream))
    }

    fn next(&mut self) -> serde_json::Value {
        loop {
            let mut line = String::new();
            assert!(self.0.read_line(&mut line).unwrap() > 0, "the server went away");
            if let Some(data) = line.strip_prefix("data: ") {
                return serde_json::from_str(data).unwrap();
            }
        }
    }

    fn until(&mut self, wanted: impl Fn(&serde_json::Value) -> bool) -> serde_json::Value {
        loop {
            let message = self.next();
            if wanted(&message) {
                return message;
            }
        }
    }
}

#[test]
fn only_the_loopback_interface_is_listened_on() {
    assert!(server().address.ip().is_loopback());
}

#[test]
fn the_page_and_its_parts_are_served() {
    let server = server();
    for (path, kind, part) in [
        ("/", "text/html", "<title>caviar</title>"),
        ("/?x=1", "text/html", "<title>caviar</title>"),
        ("/live.css", "text/css", "prefers-color-scheme"),
        ("/live.js", "text/javascript", "EventSource"),
    ] {
        let answer = request(&server, "GET", path);
        assert_eq!(status(&answer), "200", "{path}");
        assert!(answer.contains(&format!("Content-Type: {kind}")) && answer.contains(part), "{path}");
        let head = request(&server, "HEAD", path);
        assert_eq!(head, answer[..answer.find("\r\n\r\n").unwrap() + 4]);
    }
    for path in ["/report/0", "/report/x", "/../Cargo.toml", "/report/99999999999999999999"] {
        assert_eq!(status(&request(&server, "GET", path)), "404", "{path}");
    }
}

#[test]
fn the_page_loads_nothing_from_elsewhere() {
    for text in [PAGE, STYLE, SCRIPT] {
        let text = text.replace("http://www.w3.org/2000/svg", "");
        assert!(!text.contains("http:") && !text.contains("https:") && !text.contains("//cdn"));
    }
    assert!(!SCRIPT.contains("innerHTML"));
}

#[test]
fn foreign_hosts_methods_and_nonsense_are_refused() {
    let server = server();
    let port = server.address.port();
    for host in ["evil.example", &format!("evil.example:{port}"), "127.0.0.1", "127.0.0.1:1", "[::1]", ""] {
        let answer = raw(&server, &format!("GET /events HTTP/1.1\r\nHost: {host}\r\n\r\n"));
        assert_eq!(status(&answer), "403", "{host}");
    }
    assert_eq!(status(&raw(&server, "GET / HTTP/1.1\r\n\r\n")), "403");
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "get"] {
        let answer = request(&server, method, "/");
        assert_eq!(status(&answer), "405", "{method}");
        assert!(answer.contains("Allow: GET, HEAD"));
    }
    let own = format!("Host: localhost:{port}");
    for nonsense in [
        "\r\n\r\n".to_string(),
        "GET /\r\n\r\n".to_string(),
        format!("GET http://x/ HTTP/1.1\r\n{own}\r\n\r\n"),
        format!("GET / HTTP/1.1 x\r\n{own}\r\n\r\n"),
        format!("GET / HTTP/1.1\r\n{own}\r\n{own}\r\n\r\n"),
        format!("GET / HTTP/1.1\r\n{own}\r\nno colon\r\n\r\n"),
    ] {
        assert_eq!(status(&raw(&server, &nonsense)), "400", "{nonsense:?}");
    }
    let long = format!("GET / HTTP/1.1\r\n{own}\r\nX: {}\r\n", "x".repeat(LONGEST_REQUEST));
    assert_eq!(status(&raw(&server, &long)), "431");
    assert_eq!(status(&request(&server, "GET", "/")), "200", "it still serves");
}

#[test]
fn several_tabs_are_told_of_every_change_and_late_ones_of_all() {
    let server = server();
    server.publish("a.exp", Event::Started { kept: 1, cancelled: 0, queued: 2 });
    let mut tabs = [Tab::open(&server), Tab::open(&server)];
    for tab in &mut tabs {
        assert_eq!(tab.next()["notebook"]["message"], "kept 1, cancelled 0, queued 2");
    }
    server.publish("b.exp", Event::Finished { summary: "done".into() });
    for tab in &mut tabs {
        let message = tab.until(|message| message["number"] == 1);
        assert_eq!(message["notebook"]["name"], "b.exp");
    }
    let mut late = Tab::open(&server);
    assert_eq!([late.next(), late.next()].map(|m| m["notebook"]["name"].clone()), ["a.exp", "b.exp"]);
    server.remove("a.exp");
    for tab in &mut tabs {
        assert!(tab.until(|message| message["number"] == 0)["notebook"].is_null());
    }
}

#[test]
fn a_flood_of_events_reaches_a_tab_as_few_messages() {
    let server = server();
    let mut tab = Tab::open(&server);
    for done in 0..=20_000 {
        server.publish("a.exp", Event::Progress { experiment: "e".into(), done, total: 20_000, left: None });
    }
    let mut messages = 1;
    while tab.next()["notebook"]["progress"]["e"]["done"] != 20_000 {
        messages += 1;
    }
    assert!(messages < 2_000, "{messages} messages");
}

#[test]
fn reports_are_counted_when_they_change_and_stay_while_the_file_is_broken() {
    let server = server();
    server.report("a.exp", "<p>one</p>");
    server.report("a.exp", "<p>one</p>");
    let mut tab = Tab::open(&server);
    assert_eq!(tab.next()["notebook"]["report"], 1);
    let answer = request(&server, "GET", "/report/0?1");
    assert!(answer.ends_with("\r\n\r\n<p>one</p>") && answer.contains("frame-ancestors 'self'"), "{answer}");
    let problem = Problem {
        severity: "error".into(),
        place: "a.exp:1:1".into(),
        message: "<script>".into(),
        text: String::new(),
    };
    server.publish("a.exp", Event::Broken { problems: vec![problem] });
    let message = tab.until(|message| message["notebook"]["status"] == "broken");
    assert_eq!(message["notebook"]["report"], 1);
    assert!(request(&server, "GET", "/report/0").ends_with("<p>one</p>"));
    server.report("a.exp", "<p>two</p>");
    tab.until(|message| message["notebook"]["report"] == 2);
}

#[test]
fn too_many_connections_are_refused_and_then_served_again() {
    let server = server();
    let idle: Vec<TcpStream> = (0..MOST_CONNECTIONS).map(|_| TcpStream::connect(server.address).unwrap()).collect();
    let refused = request(&server, "GET", "/");
    assert_eq!(status(&refused), "503");
    drop(idle);
    let end = Instant::now() + Duration::from_secs(10);
    while status(&request(&server, "GET", "/")) != "200" {
        assert!(Instant::now() < end, "connections that are closed are counted for ever");
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_server_that_is_dropped_ends_its_tabs_and_its_port_can_be_used_again() {
    let server = server();
    let port = server.address.port();
    server.publish("a.exp", Event::Report);
    let mut tab = Tab::open(&server);
    tab.next();
    drop(server);
    let mut rest = Vec::new();
    tab.0.read_to_end(&mut rest).unwrap();
    let again = Server::start(Some(port)).unwrap();
    again.publish("a.exp", Event::Finished { summary: "again".into() });
    assert_eq!(Tab::open(&again).next()["notebook"]["message"], "again");
    assert!(Server::start(Some(port)).is_err(), "a port that is taken is an error");
}
