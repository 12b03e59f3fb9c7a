//! Guests that import WASI, as language runtimes do: one module for both worlds, which says what it found.

use std::path::Path;

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use super::{ALLOCATOR, DESCRIBE, PROLOGUE};

/// Streams and waiting.
pub(super) const IO: &str = r"package wasi:io@0.2.3;
      interface error { resource error; }
      interface poll {
        resource pollable { block: func(); }
        poll: func(in: list<borrow<pollable>>) -> list<u32>;
      }
      interface streams {
        use error.{error};
        variant stream-error { last-operation-failed(error), closed }
        resource input-stream { blocking-read: func(len: u64) -> result<list<u8>, stream-error>; }
        resource output-stream { blocking-write-and-flush: func(contents: list<u8>) -> result<_, stream-error>; }
      }";

/// What of WASI the guests import, package by package.
const WASI: [&str; 6] = [
    IO,
    r"package wasi:cli@0.2.3;
      interface environment {
        get-environment: func() -> list<tuple<string, string>>;
        get-arguments: func() -> list<string>;
      }
      interface exit { exit: func(status: result); }
      interface stdin { use wasi:io/streams@0.2.3.{input-stream}; get-stdin: func() -> input-stream; }
      interface stdout { use wasi:io/streams@0.2.3.{output-stream}; get-stdout: func() -> output-stream; }
      interface stderr { use wasi:io/streams@0.2.3.{output-stream}; get-stderr: func() -> output-stream; }",
    r"package wasi:clocks@0.2.3;
      interface monotonic-clock {
        use wasi:io/poll@0.2.3.{pollable};
        type instant = u64;
        type duration = u64;
        now: func() -> instant;
        subscribe-duration: func(when: duration) -> pollable;
      }
      interface wall-clock {
        record datetime { seconds: u64, nanoseconds: u32 }
        now: func() -> datetime;
      }",
    r"package wasi:random@0.2.3;
      interface random {
        get-random-bytes: func(len: u64) -> list<u8>;
        get-random-u64: func() -> u64;
      }",
    r"package wasi:filesystem@0.2.3;
      interface types { resource descriptor; }
      interface preopens {
        use types.{descriptor};
        get-directories: func() -> list<tuple<descriptor, string>>;
      }",
    r"package wasi:sockets@0.2.3;
      interface network {
        resource network;
        enum error-code {
          unknown, access-denied, not-supported, invalid-argument, out-of-memory, timeout, concurrency-conflict,
          not-in-progress, would-block, invalid-state, new-socket-limit, address-not-bindable, address-in-use,
          remote-unreachable, connection-refused, connection-reset, connection-aborted, datagram-too-large,
          name-unresolvable, temporary-resolver-failure, permanent-resolver-failure
        }
        enum ip-address-family { ipv4, ipv6 }
      }
      interface instance-network { use network.{network}; instance-network: func() -> network; }
      interface tcp { resource tcp-socket; }
      interface tcp-create-socket {
        use network.{error-code, ip-address-family};
        use tcp.{tcp-socket};
        create-tcp-socket: func(address-family: ip-address-family) -> result<tcp-socket, error-code>;
      }
      interface udp { resource udp-socket; }
      interface udp-create-socket {
        use network.{error-code, ip-address-family};
        use udp.{udp-socket};
        create-udp-socket: func(address-family: ip-address-family) -> result<udp-socket, error-code>;
      }
      interface ip-name-lookup {
        use network.{network, error-code};
        resource resolve-address-stream;
        resolve-addresses: func(network: borrow<network>, name: string) -> result<resolve-address-stream, error-code>;
      }",
];

/// The worlds with WASI added.
const WORLDS: &str = r"package test:runtime;
  world judge { include assize:plugin/judge@0.1.0; include wasi; }
  world agent { include assize:plugin/agent@0.1.0; include wasi; }
  world wasi {
    import wasi:cli/environment@0.2.3;
    import wasi:cli/exit@0.2.3;
    import wasi:cli/stdin@0.2.3;
    import wasi:cli/stdout@0.2.3;
    import wasi:cli/stderr@0.2.3;
    import wasi:clocks/monotonic-clock@0.2.3;
    import wasi:clocks/wall-clock@0.2.3;
    import wasi:io/poll@0.2.3;
    import wasi:io/streams@0.2.3;
    import wasi:random/random@0.2.3;
    import wasi:filesystem/preopens@0.2.3;
    import wasi:sockets/instance-network@0.2.3;
    import wasi:sockets/tcp-create-socket@0.2.3;
    import wasi:sockets/udp-create-socket@0.2.3;
    import wasi:sockets/ip-name-lookup@0.2.3;
  }";

const IMPORTS: &str = r#"
  (import "wasi:cli/environment@0.2.3" "get-environment" (func $environment (param i32)))
  (import "wasi:cli/environment@0.2.3" "get-arguments" (func $arguments (param i32)))
  (import "wasi:cli/exit@0.2.3" "exit" (func $exit (param i32)))
  (import "wasi:cli/stdin@0.2.3" "get-stdin" (func $stdin (result i32)))
  (import "wasi:cli/stdout@0.2.3" "get-stdout" (func $stdout (result i32)))
  (import "wasi:cli/stderr@0.2.3" "get-stderr" (func $stderr (result i32)))
  (import "wasi:io/streams@0.2.3" "[method]input-stream.blocking-read" (func $read_stream (param i32 i64 i32)))
  (import "wasi:io/streams@0.2.3" "[method]output-stream.blocking-write-and-flush" (func $print (param i32 i32 i32 i32)))
  (import "wasi:clocks/monotonic-clock@0.2.3" "now" (func $now (result i64)))
  (import "wasi:clocks/monotonic-clock@0.2.3" "subscribe-duration" (func $subscribe (param i64) (result i32)))
  (import "wasi:clocks/wall-clock@0.2.3" "now" (func $wall (param i32)))
  (import "wasi:io/poll@0.2.3" "[method]pollable.block" (func $block (param i32)))
  (import "wasi:io/poll@0.2.3" "poll" (func $poll (param i32 i32 i32)))
  (import "wasi:random/random@0.2.3" "get-random-bytes" (func $random_bytes (param i64 i32)))
  (import "wasi:random/random@0.2.3" "get-random-u64" (func $random (result i64)))
  (import "wasi:filesystem/preopens@0.2.3" "get-directories" (func $folders (param i32)))
  (import "wasi:sockets/instance-network@0.2.3" "instance-network" (func $network (result i32)))
  (import "wasi:sockets/tcp-create-socket@0.2.3" "create-tcp-socket" (func $tcp (param i32 i32)))
  (import "wasi:sockets/udp-create-socket@0.2.3" "create-udp-socket" (func $udp (param i32 i32)))
  (import "wasi:sockets/ip-name-lookup@0.2.3" "resolve-addresses" (func $lookup (param i32 i32 i32 i32)))
"#;

/// What only agents may import.
const STATE: &str = r#"(import "assize:plugin/state@0.1.0" "get" (func $get (param i32 i32 i32)))"#;

/// Writes what was found as hexadecimal numbers of 16 digits, one behind the other from 20000 on, in the order of [`Found`].
const PROBE: &str = r#"
  (data (i32.const 5000) "localhost") (data (i32.const 5016) "hello\0a") (data (i32.const 5032) "oops\0a")
  (global $at (mut i32) (i32.const 20000))
  (func $say (param $value i64)
    (local $n i32) (local $digit i32)
    (loop $on
      (local.set $digit (i32.wrap_i64 (i64.and (i64.const 15)
        (i64.shr_u (local.get $value) (i64.extend_i32_u (i32.sub (i32.const 60) (i32.mul (local.get $n) (i32.const 4))))))))
      (i32.store8 (global.get $at) (i32.add (local.get $digit)
        (select (i32.const 48) (i32.const 87) (i32.lt_u (local.get $digit) (i32.const 10)))))
      (global.set $at (i32.add (global.get $at) (i32.const 1)))
      (local.set $n (i32.add (local.get $n) (i32.const 1)))
      (br_if $on (i32.lt_u (local.get $n) (i32.const 16)))))
  (func $result (call $say (i64.or
    (i64.shl (i64.load8_u (i32.const 4096)) (i64.const 8)) (i64.load8_u (i32.const 4100)))))
  (func $probe (param $wait i64)
    (call $say (call $now))
    (call $block (call $subscribe (local.get $wait)))
    (call $say (call $now))
    (call $wall (i32.const 4096)) (call $say (i64.load (i32.const 4096)))
    (call $say (call $random))
    (call $random_bytes (i64.const 8) (i32.const 4096)) (call $say (i64.load (i32.load (i32.const 4096))))
    (call $folders (i32.const 4096)) (call $say (i64.load32_u (i32.const 4100)))
    (call $tcp (i32.const 0) (i32.const 4096)) (call $result)
    (call $udp (i32.const 0) (i32.const 4096)) (call $result)
    (call $lookup (call $network) (i32.const 5000) (i32.const 9) (i32.const 4096)) (call $result)
    (call $environment (i32.const 4096)) (call $say (i64.load32_u (i32.const 4100)))
    (call $arguments (i32.const 4096)) (call $say (i64.load32_u (i32.const 4100)))
    (call $read_stream (call $stdin) (i64.const 10) (i32.const 4096)) (call $result)
    (call $print (call $stdout) (i32.const 5016) (i32.const 6) (i32.const 4096))
    (call $print (call $stderr) (i32.const 5032) (i32.const 5) (i32.const 4096)))
"#;

/// What a probing guest found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The monotonic clock before and after it waited, in nanoseconds.
    pub monotonic: (u64, u64),
    /// The wall clock in seconds.
    pub wall: u64,
    /// Random numbers.
    pub random: [u64; 2],
    /// How many folders it was given.
    pub folders: u64,
    /// What came of a TCP socket, a UDP socket and the address of a name: 256 and the number of the error.
    pub sockets: [u64; 3],
    /// How many variables it sees, and how many arguments.
    pub environment: (u64, u64),
    /// What came of reading its input: 257 where it is closed.
    pub input: u64,
}

impl Found {
    /// Reads what a probing guest said.
    ///
    /// # Panics
    ///
    /// When it said something else.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let numbers: Vec<u64> = text
            .as_bytes()
            .chunks(16)
            .map(|digits| u64::from_str_radix(std::str::from_utf8(digits).expect("text"), 16).expect("digits"))
            .collect();
        let [
            before,
            after,
            wall,
            first,
            second,
            folders,
            tcp,
            udp,
            lookup,
            variables,
            arguments,
            input,
        ] = numbers.try_into().expect("twelve numbers");
        Self {
            monotonic: (before, after),
            wall,
            random: [first, second],
            folders,
            sockets: [tcp, udp, lookup],
            environment: (variables, arguments),
            input,
        }
    }
}

/// A judge that abstains from nothing: it waits `wait` nanoseconds, and says in its rationale what it found.
///
/// # Panics
///
/// When the text does not assemble: a mistake in the test.
#[must_use]
pub fn probing_judge(wait: u64) -> Vec<u8> {
    build(
        "judge",
        &format!(
            "(func (export \"judge\") (param i32) (result i32)
               (call $probe (i64.const {wait}))
               (i32.store (i32.const 2064) (i32.const 20000))
               (i32.store (i32.const 2068) (i32.sub (global.get $at) (i32.const 20000)))
               (i32.const 2048))"
        ),
    )
}

/// An agent that waits `wait` nanoseconds, and says in its summary what it found.
///
/// # Panics
///
/// When the text does not assemble: a mistake in the test.
#[must_use]
pub fn probing_agent(wait: u64) -> Vec<u8> {
    runtime_agent(&format!(
        "(call $probe (i64.const {wait}))
         (i32.store (i32.const 2052) (i32.const 20000))
         (i32.store (i32.const 2056) (i32.sub (global.get $at) (i32.const 20000)))
         (i32.store (i32.const 2060) (i32.const 2080))
         (i32.store (i32.const 2064) (i32.const 4))
         (i32.const 2048)"
    ))
}

/// An agent that imports WASI and whose `run` has the body `body`; see the text of this file for the names of what it imports.
///
/// # Panics
///
/// When the text does not assemble: a mistake in the test.
#[must_use]
pub fn runtime_agent(body: &str) -> Vec<u8> {
    build(
        "agent",
        &format!("(func (export \"run\") (param i32 i32 i32 i32) (result i32) {body})"),
    )
}

/// Both answers stand at 2048: all zeros is an approval, and a task that is done without a word, but for its output at 2060.
fn build(world: &str, export: &str) -> Vec<u8> {
    let state = match world {
        "agent" => STATE,
        _ => "",
    };
    let text = format!(
        "(module {IMPORTS} {state} (memory (export \"memory\") 2) {PROLOGUE} {DESCRIBE} {ALLOCATOR}
           (data (i32.const 2080) \"null\") {PROBE} {export})"
    );
    let mut module = wat::parse_str(text).expect("the guest's text assembles");
    let mut resolve = Resolve::default();
    let wit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit");
    resolve.push_dir(wit).expect("wit/ parses");
    for package in WASI {
        resolve.push_str("wasi.wit", package).expect("WASI parses");
    }
    let package = resolve.push_str("runtime.wit", WORLDS).expect("the worlds parse");
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
