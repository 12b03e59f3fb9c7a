//! A server that repeats whatever it is sent, in every form it can think of.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

/// The server, on this machine, until the test ends.
pub(super) struct Echo {
    pub(super) port: u16,
    /// Every request, as it came.
    pub(super) requests: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Echo {
    /// Starts it. `looks` is called while each request waits for its answer.
    pub(super) fn start(looks: impl Fn() + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let taken = Arc::clone(&requests);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if let Some(request) = answer(&stream, &looks) {
                    taken.lock().expect("whole").push(request);
                }
            }
        });
        Self { port, requests }
    }
}

fn answer(stream: &TcpStream, looks: &impl Fn()) -> Option<Vec<u8>> {
    let mut reader = BufReader::new(stream);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        if line.trim().is_empty() {
            break;
        }
        head.push_str(&line);
    }
    let mut request = head.clone().into_bytes();
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    request.extend_from_slice(&body);
    looks();
    let text = String::from_utf8_lossy(&request).into_owned();
    let mut told = request.clone();
    for form in [
        STANDARD.encode(&request),
        URL_SAFE_NO_PAD.encode([b"x", request.as_slice()].concat()),
        request.iter().fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        }),
        serde_json::to_string(&text).expect("JSON"),
        text.replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;")
            .replace('"', "&quot;"),
    ] {
        told.extend_from_slice(b"\n");
        told.extend_from_slice(form.as_bytes());
    }
    let first = head.lines().next().unwrap_or_default();
    let authorization = head
        .lines()
        .find(|line| line.to_ascii_lowercase().starts_with("authorization:"))
        .unwrap_or_default();
    let answer = format!(
        "HTTP/1.1 401 no, not {authorization}\r\ncontent-length: {}\r\nconnection: close\r\nx-first: {first}\r\nx-said: {authorization}\r\n\
         set-cookie: said={}\r\n\r\n",
        told.len(),
        STANDARD.encode(authorization)
    );
    let mut stream = stream;
    stream.write_all(answer.as_bytes()).ok()?;
    stream.write_all(&told).ok()?;
    Some(request)
}
