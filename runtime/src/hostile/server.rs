//! A server that does what no server should, told by the path of the request. The kit's own listens on loopback; the tests
//! have another, with encryption, that answers the same.

use std::io::{Error, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};

/// How long a behaviour that never ends goes on, for a client that never gives up.
pub const LONGEST: Duration = Duration::from_secs(60);
/// The head of an answer in chunks.
const CHUNKED: &str = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
/// The longest request that is read.
const REQUEST_BYTES_MAX: usize = 4 << 20;

/// What a server reads from and writes to.
pub trait Stream: Read + Write {}
impl<T: Read + Write> Stream for T {}

/// Reads a request and answers it, badly, until nobody listens or `over` is set; gives the request to `seen` first.
///
/// # Errors
///
/// What the client did not wait for.
pub fn converse(stream: &mut dyn Stream, over: &AtomicBool, seen: &mut dyn FnMut(&str)) -> Result<(), Error> {
    let Some(request) = read_request(stream) else {
        return Ok(());
    };
    let request = String::from_utf8_lossy(&request).into_owned();
    seen(&request);
    let now = Instant::now();
    let mut answering = Answering {
        stream,
        request,
        until: now.checked_add(LONGEST).unwrap_or(now),
        over,
    };
    answering.answer()
}

/// The kit's server. It runs until it is dropped.
#[derive(Debug)]
pub(super) struct Server {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
    over: Arc<AtomicBool>,
    accepting: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts a server on a port of its own.
    pub(super) fn start() -> Result<Self, Error> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let (requests, over) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let (seen, is_over) = (Arc::clone(&requests), Arc::clone(&over));
        let accepting = thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if is_over.load(Ordering::Relaxed) {
                    return;
                }
                let (seen, is_over) = (Arc::clone(&seen), Arc::clone(&is_over));
                thread::spawn(move || serve(stream, &seen, &is_over));
            }
        });
        Ok(Self {
            address,
            requests,
            over,
            accepting: Some(accepting),
        })
    }

    /// Its origin, by its address.
    pub(super) fn origin(&self) -> String {
        format!("http://127.0.0.1:{}", self.address.port())
    }

    /// Its port.
    pub(super) fn port(&self) -> u16 {
        self.address.port()
    }

    /// Every request that came, as it came.
    pub(super) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        // The last connection wakes whoever waits for one.
        let _ = TcpStream::connect(self.address);
        if let Some(accepting) = self.accepting.take() {
            let _ = accepting.join();
        }
    }
}

fn serve(mut stream: TcpStream, seen: &Mutex<Vec<String>>, over: &AtomicBool) {
    let _ = stream.set_read_timeout(Some(LONGEST));
    let _ = stream.set_write_timeout(Some(LONGEST));
    let mut keep = |request: &str| {
        seen.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(request.to_owned());
    };
    // A client that gives up is no fault of the server's.
    let _ = converse(&mut stream, over, &mut keep);
}

/// Reads a request to the end of its body, as far as it says how long that is.
fn read_request(stream: &mut dyn Stream) -> Option<Vec<u8>> {
    let mut request = Vec::new();
    let mut piece = [0; 16 << 10];
    loop {
        let read = stream.read(&mut piece).ok().filter(|read| *read > 0)?;
        request.extend_from_slice(piece.get(..read)?);
        let text = String::from_utf8_lossy(&request);
        if let Some((head, _)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .filter_map(|line| {
                    line.to_ascii_lowercase()
                        .strip_prefix("content-length:")?
                        .trim()
                        .parse()
                        .ok()
                })
                .next()
                .unwrap_or(0_usize);
            let head_length = request
                .windows(4)
                .position(|four| four == b"\r\n\r\n")
                .unwrap_or(0)
                .saturating_add(4);
            if request.len() >= head_length.saturating_add(length) || request.len() > REQUEST_BYTES_MAX {
                return Some(request);
            }
        }
    }
}

struct Answering<'a> {
    stream: &'a mut dyn Stream,
    request: String,
    until: Instant,
    over: &'a AtomicBool,
}

impl Answering<'_> {
    fn say(&mut self, text: &str) -> Result<(), Error> {
        self.bytes(text.as_bytes())
    }

    fn bytes(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.stream.write_all(bytes)?;
        self.stream.flush()
    }

    /// Says something again and again, until nobody listens.
    fn on_and_on(&mut self, bytes: &[u8], pause: Duration) -> Result<(), Error> {
        while Instant::now() < self.until && !self.over.load(Ordering::Relaxed) {
            self.bytes(bytes)?;
            thread::sleep(pause);
        }
        Ok(())
    }

    /// Says nothing for a long time, or until the client has gone.
    fn silence(&mut self) -> Result<(), Error> {
        while Instant::now() < self.until && !self.over.load(Ordering::Relaxed) {
            thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    fn whole(&mut self, headers: &str, body: &[u8]) -> Result<(), Error> {
        self.say(&format!(
            "HTTP/1.1 200 OK\r\n{headers}content-length: {}\r\n\r\n",
            body.len()
        ))?;
        self.bytes(body)
    }

    /// What the request says in `x-token`.
    fn token(&self) -> String {
        let line = self.request.lines().find_map(|line| line.strip_prefix("x-token: "));
        line.unwrap_or_default().to_owned()
    }

    fn answer(&mut self) -> Result<(), Error> {
        let target = self.request.split(' ').nth(1).unwrap_or_default().to_owned();
        let (path, query) = target.split_once('?').unwrap_or((&target, ""));
        match path.trim_start_matches('/') {
            "echo" => {
                let echo = self.request.replace('\r', "");
                self.whole("content-type: text/plain\r\n", echo.as_bytes())
            }
            "echo-gzip" => {
                let echo = gzip(self.request.replace('\r', "").as_bytes());
                self.whole("content-encoding: gzip\r\n", &echo)
            }
            "echo-drip" => {
                // One byte at a time, so that what is looked for never comes in one piece.
                let echo = self.request.replace('\r', "");
                self.say(CHUNKED)?;
                for byte in echo.bytes() {
                    self.bytes(&[b'1', b'\r', b'\n', byte, b'\r', b'\n'])?;
                }
                self.say("0\r\n\r\n")
            }
            "echo-disguised" => {
                // What the request says in `x-token`, as secrets often look on their way.
                let token = self.token();
                self.whole("content-type: text/plain\r\n", disguises(&token).join("\n").as_bytes())
            }
            "short" => self.say("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nnot a hundred"),
            "long" => self.say("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello, and more than was said"),
            "closes" => Ok(()),
            "closes-in-head" => self.say("HTTP/1.1 200 OK\r\nx-begun: an"),
            "continues" => self.on_and_on(&b"HTTP/1.1 100 Continue\r\n\r\n".repeat(100), Duration::ZERO),
            "bad-chunks" => {
                self.say(CHUNKED)?;
                self.say("5\r\nhello\r\nzz\r\nworld\r\n0\r\n\r\n")
            }
            "garbage" => self.say("this is not the protocol that you are looking for\r\n\r\n"),
            "redirect" => {
                let status = query.get(..3).unwrap_or("302");
                // Without a place to go, round and round.
                let to = query.get(4..).unwrap_or("/redirect");
                self.say(&format!(
                    "HTTP/1.1 {status} Elsewhere\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n"
                ))
            }
            "switch" => {
                self.say("HTTP/1.1 101 Switching Protocols\r\nupgrade: other\r\nconnection: upgrade\r\n\r\nother")
            }
            "sets" => {
                // What the request says in `x-token` comes back as a header.
                let token = self.token();
                self.whole(&format!("x-back: <{token}>\r\nset-cookie: a=b\r\n"), b"set")
            }
            path => self.answer_at_length(path),
        }
    }

    /// Answers that are slow, huge or never end.
    fn answer_at_length(&mut self, path: &str) -> Result<(), Error> {
        match path {
            "slow-head" => {
                self.say("HTTP/1.1 200 OK\r\nx-slow: ")?;
                self.on_and_on(b"x", Duration::from_millis(50))
            }
            "slow-body" => {
                self.say("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nbegun")?;
                self.silence()
            }
            "drip" => {
                self.say("HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")?;
                self.on_and_on(b"x", Duration::from_millis(50))
            }
            "endless-head" => {
                self.say("HTTP/1.1 200 OK\r\n")?;
                self.on_and_on(&b"x-more: of it\r\n".repeat(100), Duration::ZERO)
            }
            "endless-body" => {
                self.say("HTTP/1.1 200 OK\r\n\r\n")?;
                self.on_and_on(&[b'x'; 64 << 10], Duration::ZERO)
            }
            "endless-chunks" => {
                self.say(CHUNKED)?;
                self.on_and_on(&b"1\r\nx\r\n".repeat(1_000), Duration::ZERO)
            }
            "huge-header" => {
                let huge = "x".repeat(100 << 10);
                self.whole(&format!("x-huge: {huge}\r\n"), b"")
            }
            "many-headers" => {
                let many: String = (0..200).map(|number| format!("x-{number}: y\r\n")).collect();
                self.whole(&many, b"")
            }
            path => self.answer_coded(path),
        }
    }

    /// Answers whose body is coded, or only long.
    fn answer_coded(&mut self, path: &str) -> Result<(), Error> {
        match path {
            "bomb" => self.whole("content-encoding: gzip\r\n", &gzip(&vec![0; 64 << 20])),
            "bomb-deflate" => {
                let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
                encoder.write_all(&vec![0; 64 << 20])?;
                let bomb = encoder.finish()?;
                self.whole("content-encoding: deflate\r\n", &bomb)
            }
            // Stored blocks of length zero: much comes, and nothing of it decodes to anything.
            "empty-blocks" => {
                self.say("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n")?;
                self.bytes(&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255])?;
                self.on_and_on(&[0, 0, 0, 255, 255].repeat(4_000), Duration::ZERO)
            }
            "cut-gzip" => {
                let whole = gzip(&b"a text".repeat(1_000));
                self.whole(
                    "content-encoding: gzip\r\n",
                    whole.get(..whole.len() / 2).unwrap_or_default(),
                )
            }
            "megabytes" => self.whole("", &vec![b'x'; 2 << 20]),
            "other-coding" => self.whole("content-encoding: br\r\n", b"whatever"),
            _ => self.whole("content-type: text/plain\r\n", b"hello"),
        }
    }
}

/// A secret as it often looks on its way: in base64, in hex, and with every letter behind a percent sign.
pub(super) fn disguises(secret: &str) -> Vec<String> {
    let hex = |sign: &str| {
        secret
            .bytes()
            .map(|byte| format!("{sign}{byte:02x}"))
            .collect::<String>()
    };
    vec![
        BASE64_STANDARD.encode(secret),
        BASE64_STANDARD.encode(format!("user:{secret}")),
        hex(""),
        hex("%"),
    ]
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let written = encoder.write_all(bytes);
    written.and_then(|()| encoder.finish()).unwrap_or_default()
}
