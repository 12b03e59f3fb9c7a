//! What a language runtime finds of WASI 0.2: a process without files, sockets or input, whose output is bounded.
//!
//! A judge's clock stands still until the judge itself waits, and its randomness is the same each time, so that its opinion
//! stays one of the component and the case alone. An agent has the real clock and real randomness, or, where its call may have to
//! go on after a kill, such a clock that starts when it was first called and randomness made from its run.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::wasi_http::Doors;
use assize_provenance::digest::Digest;
use wasmtime::component::{HasSelf, Linker, Resource, ResourceTable};
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::clocks::{HostMonotonicClock, HostWallClock};
use wasmtime_wasi::p2::bindings::clocks::monotonic_clock;
use wasmtime_wasi::p2::pipe::{MemoryInputPipe, MemoryOutputPipe};
use wasmtime_wasi::p2::{self, DynPollable, OutputStream, Pollable, StreamError, StreamResult, subscribe};
use wasmtime_wasi::random::Deterministic;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::WasiHttpCtx;
use wasmtime_wasi_io::bytes::Bytes;

use super::state::CallState;

/// The packages of WASI 0.2 that a component may import. What they give is decided here, not there.
pub(super) const PACKAGES: [&str; 6] = [
    "wasi:cli",
    "wasi:clocks",
    "wasi:filesystem",
    "wasi:io",
    "wasi:random",
    "wasi:sockets",
];

/// How many handles of WASI one call may hold at once.
const HANDLES_MAX: usize = 1_024;
/// The most random bytes of one host call.
const RANDOM_BYTES_MAX: u64 = 64 << 10;
/// The time at which a stopped clock stands, in seconds since 1970: the start of 2000.
const STOPPED_AT_SECONDS: u64 = 946_684_800;
/// How large the headers of one request or answer may be in memory, in bytes.
const FIELDS_BYTES_MAX: usize = 64 << 10;
/// How many bytes a runtime may print at once.
const PRINTED_AT_ONCE_BYTES_MAX: usize = 64 << 10;
/// What the randomness of judges is made of.
const SEED: &[u8] = b"assize-judge-randomness-v1";
/// What the randomness of agents is made of, besides their run.
const AGENT_SEED: &[u8] = b"assize-agent-randomness-v1";

/// The time and the randomness that the language runtime of an agent finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Moment {
    /// Those of the machine.
    #[default]
    Now,
    /// A clock that starts there, stands still, and goes forward at once when the agent waits; and randomness that is the same for
    /// the same seed. A call that may have to go on, or to be replayed, needs this.
    Set {
        /// Where the clock starts, in milliseconds since 1970-01-01T00:00:00Z.
        unix_ms: u64,
        /// What the randomness is made of, such as the call's run.
        seed: [u8; 16],
    },
}

/// Which time and randomness a guest sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Clock {
    /// The machine's.
    Real,
    /// A clock that stands still, and goes forward at once when the guest waits.
    Stopped {
        /// Where it stands, since 1970.
        at: Duration,
        /// Bytes that look random. They are given round and round.
        random: Vec<u8>,
        /// One more number of that kind.
        seed: u128,
    },
}

impl Clock {
    /// The clock of judges, and of whoever describes itself.
    pub(super) fn of_judges() -> Self {
        Self::Stopped {
            at: Duration::from_secs(STOPPED_AT_SECONDS),
            random: seeded(SEED, 128),
            seed: 0,
        }
    }

    /// The clock of an agent.
    pub(super) fn of(moment: Moment) -> Self {
        match moment {
            Moment::Now => Self::Real,
            Moment::Set { unix_ms, seed } => Self::Stopped {
                at: Duration::from_millis(unix_ms),
                random: seeded(&[AGENT_SEED, &seed].concat(), 2_048),
                seed: u128::from_be_bytes(seed),
            },
        }
    }
}

/// The process that a language runtime believes to be.
pub(super) struct Wasi {
    context: WasiCtx,
    handles: ResourceTable,
    fields: WasiHttpCtx,
    doors: Doors,
    output: Output,
    /// Nanoseconds that a guest with a stopped clock has waited; nothing where the clock is real.
    waited: Option<Arc<AtomicU64>>,
    /// How many requests are under way. Who waits for one waits in real time.
    under_way: Arc<AtomicU64>,
}

impl Wasi {
    pub(super) fn new(
        name: &str,
        environment: &[(String, String)],
        clock: Clock,
        output_bytes_max: u64,
        under_way: Arc<AtomicU64>,
    ) -> Self {
        let output = Output::new(output_bytes_max);
        let mut context = WasiCtx::builder();
        context
            .arg(name)
            .envs(environment)
            .stdin(MemoryInputPipe::new(Bytes::new()))
            .stdout(output.stream("info"))
            .stderr(output.stream("warn"))
            .max_random_size(RANDOM_BYTES_MAX)
            .allow_tcp(false)
            .allow_udp(false)
            .allow_ip_name_lookup(false)
            .socket_addr_check(|_, _| Box::pin(async { false }));
        let waited = match clock {
            Clock::Real => None,
            Clock::Stopped { at, random, seed } => {
                let waited = Arc::new(AtomicU64::new(0));
                let stopped = || StoppedClock {
                    at,
                    waited: Arc::clone(&waited),
                };
                context
                    .wall_clock(stopped())
                    .monotonic_clock(stopped())
                    .secure_random(Deterministic::new(random.clone()))
                    .insecure_random(Deterministic::new(random))
                    .insecure_random_seed(seed);
                Some(waited)
            }
        };
        let mut handles = ResourceTable::new();
        handles.set_max_capacity(HANDLES_MAX);
        let mut fields = WasiHttpCtx::new();
        fields.set_field_size_limit(FIELDS_BYTES_MAX);
        Self {
            context: context.build(),
            handles,
            fields,
            doors: Doors,
            output,
            waited,
            under_way,
        }
    }

    /// The handles that the guest holds.
    pub(super) fn handles(&mut self) -> &mut ResourceTable {
        &mut self.handles
    }

    /// The handles that the guest holds, and what bounds those of requests.
    pub(super) fn for_requests(&mut self) -> (&mut ResourceTable, &mut WasiHttpCtx, &mut Doors) {
        (&mut self.handles, &mut self.fields, &mut self.doors)
    }

    /// What was printed, line by line with its level, and how many bytes were dropped.
    pub(super) fn into_output(self) -> (Vec<(&'static str, String)>, u64) {
        self.output.into_lines()
    }
}

/// Links all of WASI 0.2 that [`PACKAGES`] names.
pub(super) fn link(linker: &mut Linker<CallState>) -> wasmtime::Result<()> {
    p2::add_to_linker_async(linker)?;
    // The clock is replaced, because waiting by the library's own always takes real time.
    linker.allow_shadowing(true);
    monotonic_clock::add_to_linker::<CallState, HasSelf<CallState>>(linker, |state| state)?;
    linker.allow_shadowing(false);
    Ok(())
}

impl WasiView for CallState {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        let Wasi { context, handles, .. } = self.wasi();
        WasiCtxView {
            ctx: context,
            table: handles,
        }
    }
}

impl monotonic_clock::Host for CallState {
    fn now(&mut self) -> wasmtime::Result<u64> {
        monotonic_clock::Host::now(&mut wasmtime_wasi::clocks::WasiClocksView::clocks(self))
    }

    fn resolution(&mut self) -> wasmtime::Result<u64> {
        monotonic_clock::Host::resolution(&mut wasmtime_wasi::clocks::WasiClocksView::clocks(self))
    }

    fn subscribe_instant(&mut self, when: u64) -> wasmtime::Result<Resource<DynPollable>> {
        let wasi = self.wasi();
        match &wasi.waited {
            Some(waited) => {
                let wait = Wait {
                    waited: Arc::clone(waited),
                    until: when,
                    under_way: Arc::clone(&wasi.under_way),
                };
                let wait = wasi.handles.push(wait)?;
                subscribe(&mut wasi.handles, wait)
            }
            None => {
                let mut clocks = wasmtime_wasi::clocks::WasiClocksView::clocks(self);
                monotonic_clock::Host::subscribe_instant(&mut clocks, when)
            }
        }
    }

    fn subscribe_duration(&mut self, nanoseconds: u64) -> wasmtime::Result<Resource<DynPollable>> {
        match self.wasi().waited.as_ref().map(|waited| waited.load(Ordering::Relaxed)) {
            Some(now) => self.subscribe_instant(now.saturating_add(nanoseconds)),
            None => {
                let mut clocks = wasmtime_wasi::clocks::WasiClocksView::clocks(self);
                monotonic_clock::Host::subscribe_duration(&mut clocks, nanoseconds)
            }
        }
    }
}

/// A moment of a stopped clock. Whoever waits for it is there at once, but not before the answer to a request that is under way
/// could have come.
struct Wait {
    waited: Arc<AtomicU64>,
    until: u64,
    under_way: Arc<AtomicU64>,
}

impl Pollable for Wait {
    fn ready<'a, 'b>(&'a mut self) -> Pin<Box<dyn Future<Output = ()> + Send + 'b>>
    where
        'a: 'b,
        Self: 'b,
    {
        if self.under_way.load(Ordering::Relaxed) == 0 {
            self.waited.fetch_max(self.until, Ordering::Relaxed);
            return Box::pin(std::future::ready(()));
        }
        let left = self.until.saturating_sub(self.waited.load(Ordering::Relaxed));
        Box::pin(async move {
            tokio::time::sleep(Duration::from_nanos(left)).await;
            self.waited.fetch_max(self.until, Ordering::Relaxed);
        })
    }
}

/// A clock that only moves when the guest waits.
struct StoppedClock {
    at: Duration,
    waited: Arc<AtomicU64>,
}

impl HostMonotonicClock for StoppedClock {
    fn resolution(&self) -> u64 {
        1
    }

    fn now(&self) -> u64 {
        self.waited.load(Ordering::Relaxed)
    }
}

impl HostWallClock for StoppedClock {
    fn resolution(&self) -> Duration {
        Duration::from_nanos(1)
    }

    fn now(&self) -> Duration {
        let waited = Duration::from_nanos(self.waited.load(Ordering::Relaxed));
        self.at.saturating_add(waited)
    }
}

/// So many times 32 bytes that look random, the same each time.
fn seeded(seed: &[u8], blocks: u16) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(32 * usize::from(blocks));
    for block in 0..blocks {
        let number = block.to_be_bytes();
        let number = number.strip_prefix(&[0]).unwrap_or(&number);
        bytes.extend_from_slice(Digest::of(&[seed, number].concat()).as_bytes());
    }
    bytes
}

/// What a guest printed, on both streams, as far as it is kept.
#[derive(Clone)]
struct Output(Arc<Mutex<Printed>>);

struct Printed {
    lines: Vec<(&'static str, Vec<u8>)>,
    bytes_left: u64,
    bytes_dropped: u64,
}

/// What a line counts besides its bytes: a flood of empty lines is a flood.
const LINE_COST_BYTES: u64 = 64;

impl Output {
    fn new(bytes_max: u64) -> Self {
        Self(Arc::new(Mutex::new(Printed {
            lines: Vec::new(),
            bytes_left: bytes_max,
            bytes_dropped: 0,
        })))
    }

    fn stream(&self, level: &'static str) -> Printer {
        Printer {
            output: self.clone(),
            level,
        }
    }

    fn into_lines(self) -> (Vec<(&'static str, String)>, u64) {
        let mut printed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let lines = std::mem::take(&mut printed.lines)
            .into_iter()
            .map(|(level, line)| (level, String::from_utf8_lossy(&line).trim_end().to_owned()))
            .collect();
        (lines, printed.bytes_dropped)
    }
}

impl Printed {
    fn print(&mut self, level: &'static str, bytes: &[u8]) {
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            let continued = self
                .lines
                .last()
                .is_some_and(|(last, line)| *last == level && !line.ends_with(b"\n"));
            let cost = if continued { 0 } else { LINE_COST_BYTES };
            let cost = cost.saturating_add(part.len() as u64);
            let Some(left) = self.bytes_left.checked_sub(cost) else {
                self.bytes_left = 0;
                self.bytes_dropped = self.bytes_dropped.saturating_add(part.len() as u64);
                continue;
            };
            self.bytes_left = left;
            match self.lines.last_mut().filter(|_| continued) {
                Some((_, line)) => line.extend_from_slice(part),
                None => self.lines.push((level, part.to_vec())),
            }
        }
    }
}

/// Standard output or standard error.
#[derive(Clone)]
struct Printer {
    output: Output,
    level: &'static str,
}

impl IsTerminal for Printer {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Printer {
    fn async_stream(&self) -> Box<dyn tokio::io::AsyncWrite + Send + Sync> {
        Box::new(MemoryOutputPipe::new(0))
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

impl Pollable for Printer {
    fn ready<'a, 'b>(&'a mut self) -> Pin<Box<dyn Future<Output = ()> + Send + 'b>>
    where
        'a: 'b,
        Self: 'b,
    {
        Box::pin(std::future::ready(()))
    }
}

impl OutputStream for Printer {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        let mut printed = self.output.0.lock().unwrap_or_else(PoisonError::into_inner);
        printed.print(self.level, &bytes);
        Ok::<(), StreamError>(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(PRINTED_AT_ONCE_BYTES_MAX)
    }
}
