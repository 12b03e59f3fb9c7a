//! Agents that send one request, by `http.send` or by `wasi:http`, and say what came of it.

use std::fmt::Write as _;
use std::path::Path;

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use super::agent::{AGENT_IMPORTS, OUTCOME, agent_module};
use super::runtime::IO;
use super::{ALLOCATOR, DESCRIBE, PROLOGUE};

/// What an agent is to ask.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// The method.
    pub method: String,
    /// The whole address.
    pub url: String,
    /// The headers.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Body,
    /// How many seconds it may take; only `http.send` is told.
    pub seconds: Option<u32>,
    /// How often it is asked, at most: the agent stops at the first refusal. Only by `http.send`.
    pub times: u32,
}

/// The body of a request.
#[derive(Debug, Clone, Default)]
pub enum Body {
    /// None.
    #[default]
    Nothing,
    /// A text.
    Text(String),
    /// So many bytes of whatever lies in the guest's memory.
    Bytes(u32),
}

impl Asked {
    /// A request without headers and body.
    #[must_use]
    pub fn new(method: &str, url: &str) -> Self {
        Self {
            method: method.to_owned(),
            url: url.to_owned(),
            times: 1,
            ..Self::default()
        }
    }

    /// The same with one more header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same with a body.
    #[must_use]
    pub fn body(mut self, text: &str) -> Self {
        self.body = Body::Text(text.to_owned());
        self
    }
}

/// Where the parts of a request are laid out, and where the allocator begins.
const PARTS_AT: usize = 8_192;
const PARTS_END: usize = 40_000;

/// Bytes in linear memory, one behind the other.
struct Parts(Vec<u8>);

impl Parts {
    /// Places bytes and gives their address and length, as two constants.
    fn place(&mut self, bytes: &[u8]) -> String {
        let at = self.address(bytes);
        format!("(i32.const {at}) (i32.const {})", bytes.len())
    }

    fn address(&mut self, bytes: &[u8]) -> usize {
        self.0.resize(self.0.len().next_multiple_of(4), 0);
        let at = PARTS_AT + self.0.len();
        self.0.extend_from_slice(bytes);
        assert!(
            PARTS_AT + self.0.len() < PARTS_END,
            "the request is too long for a guest"
        );
        at
    }

    fn body(&mut self, body: &Body) -> String {
        match body {
            Body::Nothing => "(i32.const 0) (i32.const 0)".to_owned(),
            Body::Text(text) => self.place(text.as_bytes()),
            Body::Bytes(length) => format!("(i32.const 0) (i32.const {length})"),
        }
    }

    /// The parts as a field of a module.
    fn field(&self) -> String {
        let mut bytes = String::new();
        for byte in &self.0 {
            let _ = write!(bytes, "\\{byte:02x}");
        }
        format!("(data (i32.const {PARTS_AT}) \"{bytes}\")")
    }
}

/// How many pages of memory a guest needs for its request.
fn pages(body: &Body) -> u32 {
    match body {
        Body::Bytes(length) => length / 65_536 + 3,
        Body::Nothing | Body::Text(_) => 2,
    }
}

/// An agent that asks by `http.send`. Its output is `true` and its summary the body of the answer, at most 8,000 bytes of it; or
/// `false` and why it was refused.
///
/// # Panics
///
/// When the text does not assemble: a mistake in the test.
#[must_use]
pub fn sending_agent(asked: &Asked) -> Vec<u8> {
    let mut parts = Parts(Vec::new());
    let (method, url) = (parts.place(asked.method.as_bytes()), parts.place(asked.url.as_bytes()));
    let mut records = Vec::new();
    for text in asked.headers.iter().flat_map(|(name, value)| [name, value]) {
        let at = u32::try_from(parts.address(text.as_bytes())).expect("a small address");
        records.extend(at.to_le_bytes());
        records.extend(u32::try_from(text.len()).expect("a short text").to_le_bytes());
    }
    let at = parts.address(&records);
    let headers = format!("(i32.const {at}) (i32.const {})", asked.headers.len());
    let body = parts.body(&asked.body);
    let seconds = match asked.seconds {
        Some(seconds) => format!("(i32.const 1) (i32.const {seconds})"),
        None => "(i32.const 0) (i32.const 0)".to_owned(),
    };
    agent_module(&format!(
        "(module {AGENT_IMPORTS} (memory (export \"memory\") {}) {} {PROLOGUE} {DESCRIBE} {ALLOCATOR} {OUTCOME}
           (func (export \"run\") (param i32 i32 i32 i32) (result i32) (local $n i32)
             (loop $on
               (global.set $next (i32.const 65536))
               (call $send {method} {url} {headers} {body} {seconds} (i32.const 4096))
               (local.set $n (i32.add (local.get $n) (i32.const 1)))
               (br_if $on (i32.and (i32.eqz (i32.load8_u (i32.const 4096))) (i32.lt_u (local.get $n) (i32.const {})))))
             (if (i32.load8_u (i32.const 4096)) (then
               (i32.store (i32.const 2060) (i32.const 2084))
               (i32.store (i32.const 2064) (i32.const 5))
               (if (i32.load8_u (i32.const 4100))
                 (then
                   (i32.store (i32.const 2052) (i32.load (i32.const 4104)))
                   (i32.store (i32.const 2056) (i32.load (i32.const 4108))))
                 (else
                   (i32.store (i32.const 2052) (i32.load (i32.const 4112)))
                   (i32.store (i32.const 2056) (i32.load (i32.const 4116))))))
             (else
               (i32.store (i32.const 2052) (i32.load (i32.const 4112)))
               (i32.store (i32.const 2056)
                 (select (i32.load (i32.const 4116)) (i32.const 8000)
                   (i32.lt_u (i32.load (i32.const 4116)) (i32.const 8000))))))
             (i32.const 2048)))",
        pages(&asked.body),
        parts.field(),
        asked.times,
    ))
}

/// What of `wasi:http` the agents import.
const HTTP: &str = r"package wasi:http@0.2.3;
  interface types {
    use wasi:io/error@0.2.3.{error as io-error};
    use wasi:io/poll@0.2.3.{pollable};
    use wasi:io/streams@0.2.3.{input-stream, output-stream};
    variant method { get, head, post, put, delete, connect, options, trace, patch, other(string) }
    variant scheme { HTTP, HTTPS, other(string) }
    record DNS-error-payload { rcode: option<string>, info-code: option<u16> }
    record TLS-alert-received-payload { alert-id: option<u8>, alert-message: option<string> }
    record field-size-payload { field-name: option<string>, field-size: option<u32> }
    variant error-code {
      DNS-timeout, DNS-error(DNS-error-payload), destination-not-found, destination-unavailable, destination-IP-prohibited,
      destination-IP-unroutable, connection-refused, connection-terminated, connection-timeout, connection-read-timeout,
      connection-write-timeout, connection-limit-reached, TLS-protocol-error, TLS-certificate-error,
      TLS-alert-received(TLS-alert-received-payload), HTTP-request-denied, HTTP-request-length-required,
      HTTP-request-body-size(option<u64>), HTTP-request-method-invalid, HTTP-request-URI-invalid, HTTP-request-URI-too-long,
      HTTP-request-header-section-size(option<u32>), HTTP-request-header-size(option<field-size-payload>),
      HTTP-request-trailer-section-size(option<u32>), HTTP-request-trailer-size(field-size-payload), HTTP-response-incomplete,
      HTTP-response-header-section-size(option<u32>), HTTP-response-header-size(field-size-payload),
      HTTP-response-body-size(option<u64>), HTTP-response-trailer-section-size(option<u32>),
      HTTP-response-trailer-size(field-size-payload), HTTP-response-transfer-coding(option<string>),
      HTTP-response-content-coding(option<string>), HTTP-response-timeout, HTTP-upgrade-failed, HTTP-protocol-error,
      loop-detected, configuration-error, internal-error(option<string>)
    }
    variant header-error { invalid-syntax, forbidden, immutable }
    resource fields {
      constructor();
      append: func(name: string, value: list<u8>) -> result<_, header-error>;
    }
    resource request-options { constructor(); }
    resource outgoing-request {
      constructor(headers: fields);
      body: func() -> result<outgoing-body>;
      set-method: func(method: method) -> result;
      set-path-with-query: func(path-with-query: option<string>) -> result;
      set-scheme: func(scheme: option<scheme>) -> result;
      set-authority: func(authority: option<string>) -> result;
    }
    resource outgoing-body {
      write: func() -> result<output-stream>;
      finish: static func(this: outgoing-body, trailers: option<fields>) -> result<_, error-code>;
    }
    resource incoming-body { %stream: func() -> result<input-stream>; }
    resource incoming-response { consume: func() -> result<incoming-body>; }
    resource future-incoming-response {
      subscribe: func() -> pollable;
      get: func() -> option<result<result<incoming-response, error-code>>>;
    }
    http-error-code: func(err: borrow<io-error>) -> option<error-code>;
  }
  interface outgoing-handler {
    use types.{outgoing-request, request-options, future-incoming-response, error-code};
    handle: func(request: outgoing-request, options: option<request-options>) -> result<future-incoming-response, error-code>;
  }";

/// The worlds with `wasi:http` added.
const WORLDS: &str = r"package test:http;
  world agent { include assize:plugin/agent@0.1.0; include http; }
  world judge { include assize:plugin/judge@0.1.0; include http; }
  world http {
    import wasi:io/error@0.2.3;
    import wasi:io/poll@0.2.3;
    import wasi:io/streams@0.2.3;
    import wasi:http/types@0.2.3;
    import wasi:http/outgoing-handler@0.2.3;
  }";

const IMPORTS: &str = r#"
  (import "wasi:io/poll@0.2.3" "[method]pollable.block" (func $block (param i32)))
  (import "wasi:io/streams@0.2.3" "[method]input-stream.blocking-read" (func $read_stream (param i32 i64 i32)))
  (import "wasi:io/streams@0.2.3" "[method]output-stream.blocking-write-and-flush" (func $print (param i32 i32 i32 i32)))
  (import "wasi:io/streams@0.2.3" "[resource-drop]output-stream" (func $drop_stream (param i32)))
  (import "wasi:http/types@0.2.3" "[constructor]fields" (func $fields (result i32)))
  (import "wasi:http/types@0.2.3" "[method]fields.append" (func $append (param i32 i32 i32 i32 i32 i32)))
  (import "wasi:http/types@0.2.3" "[constructor]outgoing-request" (func $request (param i32) (result i32)))
  (import "wasi:http/types@0.2.3" "[method]outgoing-request.set-method" (func $set_method (param i32 i32 i32 i32) (result i32)))
  (import "wasi:http/types@0.2.3" "[method]outgoing-request.set-scheme"
    (func $set_scheme (param i32 i32 i32 i32 i32) (result i32)))
  (import "wasi:http/types@0.2.3" "[method]outgoing-request.set-authority"
    (func $set_authority (param i32 i32 i32 i32) (result i32)))
  (import "wasi:http/types@0.2.3" "[method]outgoing-request.set-path-with-query"
    (func $set_path (param i32 i32 i32 i32) (result i32)))
  (import "wasi:http/types@0.2.3" "[method]outgoing-request.body" (func $request_body (param i32 i32)))
  (import "wasi:http/types@0.2.3" "[method]outgoing-body.write" (func $body_write (param i32 i32)))
  (import "wasi:http/types@0.2.3" "[static]outgoing-body.finish" (func $finish (param i32 i32 i32 i32)))
  (import "wasi:http/types@0.2.3" "[method]future-incoming-response.subscribe" (func $subscribe (param i32) (result i32)))
  (import "wasi:http/types@0.2.3" "[method]future-incoming-response.get" (func $get (param i32 i32)))
  (import "wasi:http/types@0.2.3" "[method]incoming-response.consume" (func $consume (param i32 i32)))
  (import "wasi:http/types@0.2.3" "[method]incoming-body.stream" (func $body_stream (param i32 i32)))
  (import "wasi:http/types@0.2.3" "http-error-code" (func $error_code (param i32 i32)))
  (import "wasi:http/outgoing-handler@0.2.3" "handle" (func $handle (param i32 i32 i32 i32)))
"#;

/// Says `error NN`, and where the host gave a text with it, that.
const FAIL: &str = r#"
  (data (i32.const 2100) "error ..")
  (func $fail (param $code i32) (result i32)
    (i32.store (i32.const 2060) (i32.const 2084)) (i32.store (i32.const 2064) (i32.const 5))
    (i32.store8 (i32.const 2106) (i32.add (i32.const 48) (i32.div_u (i32.load8_u (local.get $code)) (i32.const 10))))
    (i32.store8 (i32.const 2107) (i32.add (i32.const 48) (i32.rem_u (i32.load8_u (local.get $code)) (i32.const 10))))
    (i32.store (i32.const 2052) (i32.const 2100)) (i32.store (i32.const 2056) (i32.const 8))
    (if (i32.and (i32.eq (i32.load8_u (local.get $code)) (i32.const 38))
                 (i32.load8_u (i32.add (local.get $code) (i32.const 8)))) (then
      (i32.store (i32.const 2052) (i32.load (i32.add (local.get $code) (i32.const 12))))
      (i32.store (i32.const 2056) (i32.load (i32.add (local.get $code) (i32.const 16))))))
    (i32.const 2048))
"#;

/// Writes a body of `$length` bytes from `$from` on, 4 KiB at a time, as far as somebody takes it.
const WRITE: &str = r#"
  (func $write (param $body i32) (param $from i32) (param $length i32)
    (local $stream i32) (local $piece i32)
    (call $body_write (local.get $body) (i32.const 4096))
    (local.set $stream (i32.load (i32.const 4100)))
    (block $end (loop $on
      (br_if $end (i32.eqz (local.get $length)))
      (local.set $piece (select (local.get $length) (i32.const 4096) (i32.lt_u (local.get $length) (i32.const 4096))))
      (call $print (local.get $stream) (local.get $from) (local.get $piece) (i32.const 4096))
      (br_if $end (i32.load8_u (i32.const 4096)))
      (local.set $from (i32.add (local.get $from) (local.get $piece)))
      (local.set $length (i32.sub (local.get $length) (local.get $piece)))
      (br $on)))
    (call $drop_stream (local.get $stream))
    (call $finish (local.get $body) (i32.const 0) (i32.const 0) (i32.const 4096)))
"#;

/// Waits for an answer and reads all of it.
const AWAIT: &str = r#"
  (func $await (param $future i32) (result i32)
    (local $stream i32) (local $size i32) (local $body i32)
    (call $block (call $subscribe (local.get $future)))
    (call $get (local.get $future) (i32.const 4096))
    (if (i32.or (i32.load8_u (i32.const 4104)) (i32.load8_u (i32.const 4112)))
      (then (return (call $fail (i32.const 4120)))))
    (call $consume (i32.load (i32.const 4120)) (i32.const 4096))
    (local.set $body (i32.load (i32.const 4100)))
    (call $body_stream (local.get $body) (i32.const 4096))
    (local.set $stream (i32.load (i32.const 4100)))
    (block $end (loop $on
      (global.set $next (i32.const 65536))
      (call $read_stream (local.get $stream) (i64.const 65536) (i32.const 4096))
      (if (i32.load8_u (i32.const 4096)) (then
        (br_if $end (i32.load8_u (i32.const 4100)))
        (call $error_code (i32.load (i32.const 4104)) (i32.const 4096))
        (return (call $fail (i32.const 4104)))))
      (if (i32.le_u (i32.add (local.get $size) (i32.load (i32.const 4104))) (i32.const 8000)) (then
        (memory.copy (i32.add (i32.const 40000) (local.get $size)) (i32.load (i32.const 4100)) (i32.load (i32.const 4104)))
        (local.set $size (i32.add (local.get $size) (i32.load (i32.const 4104))))))
      (br $on)))
    (i32.store (i32.const 2052) (i32.const 40000))
    (i32.store (i32.const 2056) (local.get $size))
    (i32.const 2048))
"#;

/// An agent that asks by `wasi:http`. Its output is `true` and its summary the body of the answer, where it has at most 8,000
/// bytes; or `false`, and `error NN` with the number of the error, or the text of an internal one. A header that it may not set, or
/// a part of the address that is none, is `error 99`.
///
/// # Panics
///
/// When the text does not assemble: a mistake in the test.
#[must_use]
pub fn wasi_sending_agent(asked: &Asked) -> Vec<u8> {
    let mut parts = Parts(Vec::new());
    let (method, method_name) = match asked.method.as_str() {
        "GET" => (0, String::new()),
        "HEAD" => (1, String::new()),
        "POST" => (2, String::new()),
        "PUT" => (3, String::new()),
        "DELETE" => (4, String::new()),
        other => (9, other.to_owned()),
    };
    let method_name = parts.place(method_name.as_bytes());
    let (scheme, rest) = asked.url.split_once("://").unwrap_or(("", &asked.url));
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let scheme = match scheme {
        "http" => (0, String::new()),
        "https" => (1, String::new()),
        other => (2, other.to_owned()),
    };
    let scheme = format!(
        "(i32.const 1) (i32.const {}) {}",
        scheme.0,
        parts.place(scheme.1.as_bytes())
    );
    let (authority, path_place) = (parts.place(authority.as_bytes()), parts.place(path.as_bytes()));
    let has_path = u8::from(!path.is_empty());
    let mut headers = String::new();
    for (name, value) in &asked.headers {
        let (name, value) = (parts.place(name.as_bytes()), parts.place(value.as_bytes()));
        let _ = write!(
            headers,
            "(call $append (local.get $fields) {name} {value} (i32.const 4096))
             (if (i32.load8_u (i32.const 4096)) (then (return (call $fail (i32.const 2112)))))"
        );
    }
    let body = parts.body(&asked.body);
    let run = format!(
        "(func (export \"run\") (param i32 i32 i32 i32) (result i32)
           (local $fields i32) (local $request i32) (local $body i32)
           (local.set $fields (call $fields)) {headers}
           (local.set $request (call $request (local.get $fields)))
           (if (i32.or (i32.or
                 (call $set_method (local.get $request) (i32.const {method}) {method_name})
                 (call $set_scheme (local.get $request) {scheme}))
               (i32.or
                 (call $set_authority (local.get $request) (i32.const 1) {authority})
                 (call $set_path (local.get $request) (i32.const {has_path}) {path_place})))
             (then (return (call $fail (i32.const 2112)))))
           (call $request_body (local.get $request) (i32.const 4096))
           (local.set $body (i32.load (i32.const 4100)))
           (call $handle (local.get $request) (i32.const 0) (i32.const 0) (i32.const 4096))
           (if (i32.load8_u (i32.const 4096)) (then (return (call $fail (i32.const 4104)))))
           (local.set $request (i32.load (i32.const 4104)))
           (call $write (local.get $body) {body})
           (call $await (local.get $request)))"
    );
    let text = format!(
        "(module {IMPORTS} (memory (export \"memory\") {}) {PROLOGUE} {DESCRIBE} {ALLOCATOR} {OUTCOME}
           (data (i32.const 2112) \"\\63\") {} {FAIL} {WRITE} {AWAIT} {run})",
        pages(&asked.body),
        parts.field(),
    );
    build("agent", &text)
}

/// A judge that imports `wasi:http`, which no judge may.
///
/// # Panics
///
/// When the text does not assemble: a mistake in the test.
#[must_use]
pub fn wasi_sending_judge() -> Vec<u8> {
    build(
        "judge",
        &format!(
            "(module {IMPORTS} (memory (export \"memory\") 2) {PROLOGUE} {DESCRIBE} {ALLOCATOR}
               (func (export \"judge\") (param i32) (result i32) (i32.const 2048)))"
        ),
    )
}

fn build(world: &str, text: &str) -> Vec<u8> {
    let mut module = wat::parse_str(text).expect("the guest's text assembles");
    let mut resolve = Resolve::default();
    let wit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit");
    resolve.push_dir(wit).expect("wit/ parses");
    for package in [IO, HTTP] {
        resolve.push_str("wasi.wit", package).expect("WASI parses");
    }
    let package = resolve.push_str("http.wit", WORLDS).expect("the worlds parse");
    let world = resolve
        .select_world(&[package], Some(world))
        .expect("the world is there");
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false).expect("the metadata fits");
    ComponentEncoder::default()
        .module(&module)
        .expect("the module fits the world")
        .validate(true)
        .encode()
        .expect("the component encodes")
}
