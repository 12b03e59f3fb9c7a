//! One request over one connection.

use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use http::header::{self, HeaderMap};
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};

use super::Patience;
use super::body::{Body, Connection, Reading, late};
use super::coding::Decoder;
use super::refused::{Bound, Refused};
use super::request::Prepared;
use super::tls::Tls;
use crate::outcome::RequestUse;

/// How many headers an answer may have.
const HEADERS_MAX: usize = 100;
/// How long the status and all headers of an answer may be, in bytes.
const HEAD_BYTES_MAX: usize = 64 << 10;
/// How many bytes may come until the head of the answer is there, with everything that is said before it.
const BEFORE_BODY_BYTES_MAX: u64 = 256 << 10;
/// How much of an answer is read ahead, in bytes.
const BUFFER_BYTES: usize = 128 << 10;
/// How many addresses of a name are tried.
const TRIED_MAX: usize = 4;

/// Headers that say how the answer came here, and nothing of the answer.
const CONNECTION_HEADERS: [header::HeaderName; 4] = [
    header::CONNECTION,
    header::TRANSFER_ENCODING,
    header::TRAILER,
    header::UPGRADE,
];

/// The head of an answer, and the body that is still coming.
#[derive(Debug)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The headers, secrets masked.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body.
    pub body: Body,
}

/// Connects to one of the addresses, which were checked. No other is ever connected to.
pub(super) async fn connect(
    prepared: &Prepared,
    addresses: &[IpAddr],
    patience: &Patience,
) -> Result<TcpStream, Refused> {
    let tried = addresses.get(..TRIED_MAX).unwrap_or(addresses);
    let count = u32::try_from(tried.len()).unwrap_or(1).max(1);
    let each = patience.connect.checked_div(count).unwrap_or(patience.connect);
    let mut why = String::new();
    for address in tried {
        let address = SocketAddr::new(*address, prepared.target.port());
        match timeout(each, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                // Small requests go out at once. Where that cannot be set, they go out a little later.
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
            Ok(Err(error)) => why = error.to_string(),
            Err(_) => why = format!("no answer within {} seconds", each.as_secs_f64()),
        }
    }
    Err(Refused::Unavailable(format!(
        "{} cannot be reached: {why}",
        prepared.target.origin()
    )))
}

/// Sends a request over a connection, and waits for the head of the answer. What comes of it is written into `done` on the way.
pub(super) async fn exchange(
    stream: TcpStream,
    prepared: Prepared,
    tls: &Tls,
    patience: &Patience,
    deadline: Instant,
    done: &mut RequestUse,
) -> Result<Reply, Refused> {
    if prepared.target.is_plain() {
        return exchange_over(stream, prepared, patience, deadline, done).await;
    }
    let encrypted = match timeout(patience.connect, tls.connect(&prepared.target, stream)).await {
        Ok(encrypted) => encrypted?,
        Err(_) => {
            return Err(Refused::Unavailable(format!(
                "{} did not say within {} seconds who it is",
                prepared.target.origin(),
                patience.connect.as_secs_f64()
            )));
        }
    };
    exchange_over(encrypted, prepared, patience, deadline, done).await
}

async fn exchange_over<S>(
    stream: S,
    prepared: Prepared,
    patience: &Patience,
    deadline: Instant,
    done: &mut RequestUse,
) -> Result<Reply, Refused>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let allowance = Arc::new(AtomicU64::new(BEFORE_BODY_BYTES_MAX));
    let stream = Metered {
        stream,
        allowance: Arc::clone(&allowance),
    };
    let (mut sender, connection) = http1::Builder::new()
        .max_headers(HEADERS_MAX)
        .max_header_size(HEAD_BYTES_MAX)
        .max_buf_size(BUFFER_BYTES)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(|error| broken(&error))?;
    let connection = Connection(tokio::spawn(async move {
        // Whoever reads the answer hears of what goes wrong.
        let _ = connection.await;
    }));
    let is_head_only = prepared.method() == "HEAD";
    let (bytes_max, masker) = (prepared.bounds.response_bytes, prepared.masker.clone());
    done.sent_bytes = prepared.body.len() as u64;
    let request = sent(prepared)?;
    let head_due = Instant::now().checked_add(patience.head).unwrap_or(deadline);
    let answer = match timeout_at(head_due.min(deadline), sender.send_request(request)).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(_)) if allowance.load(Ordering::Relaxed) == 0 => {
            return Err(Refused::Limit(
                Bound::Head,
                format!(
                    "more than {} KiB came before the answer's body",
                    BEFORE_BODY_BYTES_MAX >> 10
                ),
            ));
        }
        Ok(Err(error)) => return Err(broken(&error)),
        Err(_) if deadline <= head_due => return Err(late()),
        Err(_) => {
            return Err(Refused::Unavailable(format!(
                "no answer began within {} seconds",
                patience.head.as_secs_f64()
            )));
        }
    };
    allowance.store(u64::MAX, Ordering::Relaxed);
    let (head, incoming) = answer.into_parts();
    done.status = Some(head.status.as_u16());
    if head.status == http::StatusCode::SWITCHING_PROTOCOLS {
        return Err(Refused::Unavailable(
            "the server wants to speak another protocol, which nobody asked for".into(),
        ));
    }
    let decoder = decoder(&head.headers, is_head_only, bytes_max)?;
    let is_changed = !decoder.is_plain() || !masker.is_empty();
    let headers = received_headers(&head.headers, is_changed, |value| masker.mask(value));
    let reading = Reading {
        decoder,
        mask: (!masker.is_empty()).then(|| masker.stream()),
        bytes_max,
        idle: patience.idle,
        deadline,
    };
    Ok(Reply {
        status: head.status.as_u16(),
        headers,
        body: Body::new(incoming, reading, connection),
    })
}

/// The request as it goes out.
fn sent(prepared: Prepared) -> Result<http::Request<Full<Bytes>>, Refused> {
    let unfit = |_| Refused::Invalid("the request cannot be written as HTTP".into());
    let needs_length = matches!(prepared.method(), "POST" | "PUT" | "PATCH");
    let mut headers = prepared.headers;
    if needs_length && prepared.body.is_empty() {
        headers.insert(header::CONTENT_LENGTH, 0.into());
    }
    let mut request = http::Request::builder()
        .method(prepared.admitted.method)
        .uri(prepared.target.path_and_query())
        .body(Full::new(Bytes::from(prepared.body)))
        .map_err(unfit)?;
    *request.headers_mut() = headers;
    Ok(request)
}

/// What undoes the coding of the answer's body.
fn decoder(headers: &HeaderMap, is_head_only: bool, bytes_max: u64) -> Result<Decoder, Refused> {
    let mut transfers = headers.get_all(header::TRANSFER_ENCODING).iter();
    if transfers.any(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"chunked")) {
        return Err(Refused::Unavailable(
            "the answer comes in a coding that was not asked for".into(),
        ));
    }
    let mut codings = headers.get_all(header::CONTENT_ENCODING).iter();
    let coding = match (codings.next(), codings.next()) {
        (None, _) => "",
        (Some(coding), None) => coding.to_str().unwrap_or("?"),
        (Some(_), Some(_)) => "?",
    };
    Decoder::of(if is_head_only { "" } else { coding }, bytes_max)
}

/// The headers of the answer as they are passed on. Where the body is changed on the way, so are those that speak of it.
fn received_headers(headers: &HeaderMap, is_changed: bool, mask: impl Fn(&[u8]) -> Vec<u8>) -> Vec<(String, Vec<u8>)> {
    let is_kept_back = |name: &header::HeaderName| {
        CONNECTION_HEADERS.contains(name)
            || matches!(name.as_str(), "keep-alive" | "proxy-authenticate" | "proxy-connection")
            || is_changed && matches!(*name, header::CONTENT_LENGTH | header::CONTENT_ENCODING)
    };
    headers
        .iter()
        .filter(|(name, _)| !is_kept_back(name))
        .map(|(name, value)| (name.as_str().to_owned(), mask(value.as_bytes())))
        .collect()
}

fn broken(error: &hyper::Error) -> Refused {
    let inner = std::error::Error::source(error).map(|inner| format!(" ({inner})"));
    let text = format!(
        "the exchange with the server failed: {error}{}",
        inner.unwrap_or_default()
    );
    match error.is_parse_too_large() {
        true => Refused::Limit(
            Bound::Head,
            format!(
                "the answer has more than {HEADERS_MAX} headers, or more than {} KiB of them",
                HEAD_BYTES_MAX >> 10
            ),
        ),
        false => Refused::Unavailable(text),
    }
}

/// A stream from which no more is read than is allowed.
struct Metered<S> {
    stream: S,
    allowance: Arc<AtomicU64>,
}

impl<S: AsyncRead + Unpin> AsyncRead for Metered<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let allowed = self.allowance.load(Ordering::Relaxed);
        if allowed == 0 {
            return Poll::Ready(Err(std::io::ErrorKind::FileTooLarge.into()));
        }
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(cx, buffer);
        let read = buffer.filled().len().saturating_sub(before) as u64;
        if allowed != u64::MAX {
            let left = allowed.saturating_sub(read);
            // Where the head came meanwhile, everything is allowed, and stays so.
            let _ = self
                .allowance
                .compare_exchange(allowed, left, Ordering::Relaxed, Ordering::Relaxed);
        }
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Metered<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
