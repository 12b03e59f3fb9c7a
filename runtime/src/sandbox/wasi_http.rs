//! `wasi:http` of WASI 0.2, for agents: another way to the same requests as `http.send`, with the same rules, bounds and records.
//!
//! The types are the library's. What sends is written here: a request is put on record before it is sent, and the answer comes
//! through `egress`. The body of a request is gathered before any of it is sent, so that it can be looked at.

use std::pin::Pin;
use std::task::{Context, Poll};

use http::HeaderMap;
use http_body_util::BodyExt;
use hyper::body::{Body, Bytes, Frame};
use tokio::sync::mpsc;
use wasmtime::StoreContextMut;
use wasmtime::component::{Linker, Resource};
use wasmtime_wasi::runtime::{AbortOnDropJoinHandle, spawn};
use wasmtime_wasi_http::p2::bindings::http::types::{self, ErrorCode};
use wasmtime_wasi_http::p2::types::{HostFutureIncomingResponse, HostOutgoingRequest};
use wasmtime_wasi_http::{
    Error, ForbiddenHeaderFilter, RequestOptions, WasiBody, WasiHttp, WasiHttpCtxView, WasiHttpHooks, WasiHttpView,
};

use super::bindings::types as contract;
use super::host::Served;
use super::journal::Asked;
use super::requests::{Cleared, Going, may_be_repeated, may_have_arrived, subject};
use super::state::CallState;
use crate::egress::{Bound, Patience, Prepared, Refused, Reply, Request, is_hosts_header};
use crate::policy::permission::Permission;

/// The package.
const PACKAGE: &str = "wasi:http";
/// The interface that sends. A component that imports it asks for `http.send`.
pub(super) const SENDING: &str = "outgoing-handler";
/// Under which name the function that sends is linked; imports of every version 0.2 find it.
const LINKED: &str = "wasi:http/outgoing-handler@0.2.12";
/// How many bytes of a request's body one write may hold.
const WRITTEN_AT_ONCE_BYTES_MAX: usize = 64 << 10;

/// Whether an agent may import this interface.
pub(super) fn is_served(package: &str, interface: &str) -> bool {
    package == PACKAGE && matches!(interface, "types" | SENDING)
}

/// Links both interfaces.
pub(super) fn link(linker: &mut Linker<CallState>) -> wasmtime::Result<()> {
    let options = types::LinkOptions::default();
    types::add_to_linker::<_, WasiHttp>(linker, &options, CallState::http)?;
    linker
        .instance(LINKED)?
        .func_wrap("handle", |mut store: StoreContextMut<'_, CallState>, parameters| {
            let (request, options) = parameters;
            Ok((store.data_mut().handle(request, options)?,))
        })
}

impl WasiHttpView for CallState {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        let (table, ctx, hooks) = self.wasi().for_requests();
        WasiHttpCtxView { hooks, table, ctx }
    }
}

/// What the library asks the host. It sends nothing.
pub(super) struct Doors;

impl WasiHttpHooks for Doors {
    fn forbidden_header_filter(&mut self) -> ForbiddenHeaderFilter {
        // Client libraries say how long the body is; the host finds out by itself.
        std::sync::Arc::new(|name| is_hosts_header(name.as_str()) && *name != http::header::CONTENT_LENGTH)
    }

    fn send_request(
        &mut self,
        _request: http::Request<WasiBody>,
        _options: Option<RequestOptions>,
        _errors: Box<dyn Future<Output = Result<(), Error>> + Send>,
    ) -> Box<dyn Future<Output = Result<Sent, Error>> + Send> {
        Box::new(std::future::ready(Err(Error::HttpRequestDenied)))
    }

    fn p2_outgoing_body_chunk_size(&mut self) -> usize {
        WRITTEN_AT_ONCE_BYTES_MAX
    }
}

/// What the library would be given for a request.
type Sent = (
    http::Response<WasiBody>,
    Box<dyn Future<Output = Result<(), Error>> + Send>,
);

impl CallState {
    /// Sends a request, or refuses it.
    fn handle(
        &mut self,
        request: Resource<HostOutgoingRequest>,
        options: Option<Resource<RequestOptions>>,
    ) -> wasmtime::Result<Result<Resource<HostFutureIncomingResponse>, ErrorCode>> {
        self.note_requests();
        self.record_outside()?;
        let handles = self.wasi().handles();
        let options = match options {
            Some(options) => Some(handles.delete(options)?),
            None => None,
        };
        let mut request = handles.delete(request)?;
        let body = request.body.take();
        let request = written(&request);
        let subject = subject(&request.method, &request.url);
        // The body is not known yet.
        let asked = self.ask(Permission::HttpSend, &[&"wasi:http", &request.method, &request.url])?;
        self.accesses.must_have_room()?;
        let cleared = self.clear_streamed(&asked, &subject, request)?;
        let Cleared {
            egress,
            mut prepared,
            mut going,
        } = match cleared {
            Ok(cleared) => cleared,
            Err(refusal) => {
                self.record_some()?;
                return Ok(Err(code(&refusal)));
            }
        };
        // Nothing is sent that is not on record.
        self.record_now()?;
        if let Some(options) = options {
            prepared.hurry(patience(options));
        }
        let time = self.request_time(None);
        let answer = spawn(async move {
            let gathered = match tokio::time::timeout(time, gather(body, &mut prepared)).await {
                Ok(gathered) => gathered,
                Err(_) => Err(Refused::Limit(
                    Bound::Time,
                    "the request's body took longer than the call has left".into(),
                )),
            };
            let opened = match gathered {
                Ok(()) => {
                    going.done.secrets = prepared.as_use().secrets;
                    egress.open(prepared, time, &mut going.done).await
                }
                Err(refused) => Err(refused),
            };
            match opened {
                Ok(reply) => Ok(answered(reply, going)),
                Err(refused) => {
                    let error = error(&refused);
                    going.refuse(refused);
                    Err(error)
                }
            }
        });
        let answer = self
            .wasi()
            .handles()
            .push(HostFutureIncomingResponse::Pending(answer))?;
        Ok(Ok(answer))
    }

    /// Clears a request, unless the journal knows that it was refused, and notes what the policy says to it.
    fn clear_streamed(&mut self, asked: &Asked, subject: &str, request: Request) -> wasmtime::Result<Served<Cleared>> {
        // An answer comes in pieces that nobody keeps: only refusals are recalled, and a replay ends at the first answer.
        let known: Option<Served<()>> = self.recall(asked)?;
        let is_known = known.is_some();
        let cleared = match known {
            Some(Err(refusal)) => Err(refusal),
            _ if self.was_begun(asked) && !may_be_repeated(&request.method) => Err(may_have_arrived()),
            _ => self.clear_request(subject, request),
        };
        self.note_request(subject, cleared.as_ref());
        let told = cleared.as_ref().map(drop).map_err(Clone::clone);
        match &told {
            Ok(()) => self.note_begun(asked),
            Err(_) if is_known => {}
            Err(_) => self.note_answer(asked, &told)?,
        }
        self.answered(asked, subject, &told)?;
        Ok(cleared)
    }
}

/// The request as it would stand in the contract.
fn written(request: &HostOutgoingRequest) -> Request {
    let method = match &request.method {
        types::Method::Get => "GET",
        types::Method::Head => "HEAD",
        types::Method::Post => "POST",
        types::Method::Put => "PUT",
        types::Method::Delete => "DELETE",
        types::Method::Connect => "CONNECT",
        types::Method::Options => "OPTIONS",
        types::Method::Trace => "TRACE",
        types::Method::Patch => "PATCH",
        types::Method::Other(method) => method,
    };
    let scheme = match &request.scheme {
        None | Some(types::Scheme::Https) => "https",
        Some(types::Scheme::Http) => "http",
        Some(types::Scheme::Other(scheme)) => scheme,
    };
    let authority = request.authority.as_deref().unwrap_or_default();
    let path = request.path_with_query.as_deref().unwrap_or("/");
    let headers: &HeaderMap = &request.headers;
    Request {
        method: method.to_owned(),
        url: format!("{scheme}://{authority}{path}"),
        headers: headers
            .iter()
            .filter(|(name, _)| *name != http::header::CONTENT_LENGTH)
            .map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec()))
            .collect(),
        body: Vec::new(),
    }
}

/// How long the guest wants to wait for each step.
fn patience(options: RequestOptions) -> Patience {
    let all = Patience::default();
    Patience {
        resolve: options.connect_timeout.unwrap_or(all.resolve),
        connect: options.connect_timeout.unwrap_or(all.connect),
        head: options.first_byte_timeout.unwrap_or(all.head),
        idle: options.between_bytes_timeout.unwrap_or(all.idle),
    }
}

/// Waits for the whole body of a request, as the guest writes it.
async fn gather(body: Option<WasiBody>, prepared: &mut Prepared) -> Result<(), Refused> {
    let Some(mut body) = body else { return Ok(()) };
    let mut gathered = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Refused::Invalid("the request's body was not finished".into()))?;
        // What stands behind a body is not sent.
        let piece = frame.into_data().unwrap_or_default();
        gathered.extend_from_slice(&piece);
        if gathered.len() as u64 > prepared.body_bytes_max() {
            break;
        }
    }
    prepared.put_body(gathered)
}

/// The answer, as the library takes it: the body comes through a channel, from what holds the connection.
fn answered(reply: Reply, going: Going) -> (http::Response<WasiBody>, AbortOnDropJoinHandle<()>) {
    let (sender, pieces) = mpsc::channel(1);
    let mut response = http::Response::new(Pieces(pieces).boxed_unsync());
    if let Ok(status) = http::StatusCode::from_u16(reply.status) {
        *response.status_mut() = status;
    }
    for (name, value) in &reply.headers {
        if let (Ok(name), Ok(value)) = (
            http::HeaderName::from_bytes(name.as_bytes()),
            http::HeaderValue::from_bytes(value),
        ) {
            response.headers_mut().append(name, value);
        }
    }
    (response, spawn(pass_on(reply, going, sender)))
}

async fn pass_on(reply: Reply, mut going: Going, sender: mpsc::Sender<Result<Bytes, Error>>) {
    let mut body = reply.body;
    going.done.outcome = "given up while the answer came".to_owned();
    loop {
        let piece = body.piece().await;
        going.done.received_bytes = body.received_bytes();
        let piece = match piece {
            None => {
                going.done.outcome = "answered".to_owned();
                return;
            }
            Some(Ok(piece)) => {
                going.passed_on(piece.len() as u64);
                Ok(piece)
            }
            Some(Err(refused)) => {
                let error = error(&refused);
                going.refused = Some(refused);
                Err(error)
            }
        };
        if sender.send(piece).await.is_err() {
            return;
        }
    }
}

/// The body of an answer, piece by piece.
struct Pieces(mpsc::Receiver<Result<Bytes, Error>>);

impl Body for Pieces {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        self.0
            .poll_recv(cx)
            .map(|piece| piece.map(|piece| piece.map(Frame::data)))
    }
}

/// How a refusal is told at once.
fn code(refusal: &contract::Refusal) -> ErrorCode {
    match refusal {
        contract::Refusal::Denied(_) => ErrorCode::HttpRequestDenied,
        contract::Refusal::Limit(_) => ErrorCode::ConnectionLimitReached,
        contract::Refusal::Invalid(_) => ErrorCode::HttpRequestUriInvalid,
        refusal => ErrorCode::InternalError(Some(refusal_text(refusal))),
    }
}

fn refusal_text(refusal: &contract::Refusal) -> String {
    match refusal {
        contract::Refusal::Denied(denial) => denial.needs.clone(),
        contract::Refusal::Limit(text)
        | contract::Refusal::Invalid(text)
        | contract::Refusal::NotFound(text)
        | contract::Refusal::Conflict(text)
        | contract::Refusal::Unavailable(text) => text.clone(),
    }
}

/// How a refusal is told that comes later.
fn error(refused: &Refused) -> Error {
    match refused {
        Refused::Denied(_) => Error::HttpRequestDenied,
        Refused::Limit(Bound::Request, _) => Error::HttpRequestBodySize(None),
        Refused::Limit(Bound::Response, _) => Error::HttpResponseBodySize(None),
        Refused::Limit(Bound::Head, _) => Error::HttpResponseHeaderSectionSize(None),
        Refused::Limit(Bound::Time, _) => Error::HttpResponseTimeout,
        Refused::Invalid(text) | Refused::Unavailable(text) => Error::InternalError(Some(text.clone())),
    }
}
