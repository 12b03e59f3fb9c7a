//! A witness over HTTP/1.1: one address, one kind of request, and a limit on everything that a stranger can use up.

use std::convert::Infallible;
use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use assize_provenance::witness::REQUEST_BYTES_MAX;
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

use super::book::{Answer, Book};

/// Where checkpoints are submitted.
pub const ADD_PATH: &str = "/add-checkpoint";
/// How many connections are served at once; others wait.
const CONNECTIONS_MAX: usize = 64;
/// How long the head of a request may take, also between two requests of one connection.
const HEAD_TIME: Duration = Duration::from_secs(10);
/// How long the body of a request may take.
const BODY_TIME: Duration = Duration::from_secs(10);
/// How long a connection may last, however much comes over it.
const CONNECTION_TIME: Duration = Duration::from_secs(120);
/// How many headers a request may have.
const HEADERS_MAX: usize = 64;
/// How many bytes of a request are read ahead, which bounds its head too.
const BUFFER_BYTES: usize = 16 << 10;
/// How long is waited after the system gave no connection.
const ACCEPT_WAIT: Duration = Duration::from_millis(200);

/// Serves a witness until the process ends. Whatever moment that is, the witness has on disk what it vouched for.
///
/// # Errors
///
/// When the system gives no thread or does not let the listener be used.
pub fn serve(book: Arc<Book>, listener: TcpListener) -> io::Result<Infallible> {
    listener.set_nonblocking(true)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .build()?;
    runtime.block_on(accept(book, listener))
}

async fn accept(book: Arc<Book>, listener: TcpListener) -> io::Result<Infallible> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        let place = Arc::clone(&places).acquire_owned().await.map_err(io::Error::other)?;
        match listener.accept().await {
            Ok((stream, _)) => {
                let book = Arc::clone(&book);
                drop(tokio::spawn(async move {
                    converse(book, stream).await;
                    drop(place);
                }));
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be taken");
                sleep(ACCEPT_WAIT).await;
            }
        }
    }
}

/// Serves one connection. What goes wrong with it is the other side's business.
async fn converse(book: Arc<Book>, stream: TcpStream) {
    let service = service_fn(move |request| {
        let book = Arc::clone(&book);
        async move { Ok::<_, Infallible>(response(answer(book, request).await)) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        .max_headers(HEADERS_MAX)
        .max_buf_size(BUFFER_BYTES)
        .serve_connection(TokioIo::new(stream), service);
    match timeout(CONNECTION_TIME, connection).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(%error, "a connection broke"),
        Err(_) => tracing::debug!("a connection lasted too long"),
    }
}

async fn answer(book: Arc<Book>, request: Request<Incoming>) -> Answer {
    if request.uri().path() != ADD_PATH {
        return Answer::says(404, "there is only /add-checkpoint here");
    }
    if request.method() != Method::POST {
        return Answer::says(405, "a checkpoint is submitted with POST");
    }
    let body = Limited::new(request.into_body(), REQUEST_BYTES_MAX).collect();
    let bytes = match timeout(BODY_TIME, body).await {
        Ok(Ok(body)) => body.to_bytes(),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            return Answer::says(413, &format!("a request has at most {REQUEST_BYTES_MAX} bytes"));
        }
        Ok(Err(_)) => return Answer::says(400, "the body did not come whole"),
        Err(_) => return Answer::says(408, "the body did not come in time"),
    };
    // Signing waits for the disk; others are served meanwhile.
    match tokio::task::spawn_blocking(move || book.add(&bytes)).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(fault)) => {
            tracing::error!(%fault, "a checkpoint could not be looked at");
            Answer::says(500, "the witness cannot read or write what it remembers")
        }
        Err(_) => Answer::says(500, "a bug in the witness ended this request; please report it"),
    }
}

fn response(answer: Answer) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(answer.body)));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        header::HeaderValue::from_static(answer.media_type),
    );
    if answer.status == 405 {
        headers.insert(header::ALLOW, header::HeaderValue::from_static("POST"));
    }
    response
}
