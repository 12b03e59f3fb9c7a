//! What language runtimes find of WASI: nothing that a role does not give, and for a judge the same each time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use assize::outcome::Outcome;
use assize::policy::grant::{Grants, Request};
use assize::sandbox::{Account, Allocation, Done};
use assize_provenance::opinion::{Absence, Opinion};
use assize_tests::bed::Bed;
use assize_tests::guests::{self, Found};
use assize_tests::room;
use assize_tests::workshop::Workshop;

/// What comes of the three ways to a network: `access-denied` twice, and for the address of `localhost`, which every machine
/// knows, `permanent-resolver-failure`.
const NO_NETWORK: [u64; 3] = [0x101, 0x101, 0x114];
/// A stream that is closed.
const CLOSED: u64 = 0x101;
/// One hour in nanoseconds.
const HOUR: u64 = 3_600_000_000_000;

fn hear(allocation: Allocation, component: &[u8]) -> Account<Opinion> {
    let bed = Bed::new("/nowhere");
    let (case, evidence) = room::case(&bed);
    let sandbox = room::sandbox(allocation);
    let judge = sandbox
        .load(component)
        .expect("the machine holds")
        .unwrap_or_else(|unusable| panic!("{unusable}"));
    let request = Request {
        plugin: "guest",
        requires: &[],
        wants: &[],
        imports: judge.imports(),
    };
    let policy = room::policy(&["guest"], 1, "unanimous");
    let grants = Grants::resolve(&policy, "judge", request).expect("grants");
    let brief = room::brief(&case);
    sandbox
        .hear(&judge, &brief, Arc::clone(&evidence), grants)
        .expect("the host holds")
}

fn found<T>(account: &Account<T>, text: impl Fn(&T) -> &str) -> Found {
    match &account.outcome {
        Outcome::Finished(answer) => Found::read(text(answer)),
        Outcome::Ended(absence, detail) => panic!("{absence:?}: {detail}"),
    }
}

fn told(account: &Account<Done>) -> Found {
    found(account, |done| &done.summary)
}

fn ended(account: Account<Done>) -> (Absence, String) {
    match account.outcome {
        Outcome::Ended(absence, detail) => (absence, detail),
        Outcome::Finished(done) => panic!("it finished: {done:?}"),
    }
}

/// The clock stands, randomness repeats, and waiting an hour takes no time.
#[test]
fn a_judge_finds_the_same_each_time() {
    let component = guests::probing_judge(HOUR);
    let started = Instant::now();
    let accounts: Vec<_> = [Allocation::OnDemand, Allocation::Pooling, Allocation::OnDemand]
        .into_iter()
        .map(|allocation| hear(allocation, &component))
        .collect();
    assert!(started.elapsed() < Duration::from_secs(60));
    let first = found(&accounts[0], |opinion| &opinion.rationale);
    assert_eq!(first.monotonic, (0, HOUR));
    assert_eq!(first.wall, 946_684_800 + 3_600);
    assert_ne!(first.random[0], first.random[1]);
    assert_eq!((first.folders, first.environment, first.input), (0, (0, 1), CLOSED));
    assert_eq!(first.sockets, NO_NETWORK);
    for account in &accounts {
        assert_eq!(account.outcome, accounts[0].outcome);
        assert_eq!(account.fuel_spent, accounts[0].fuel_spent);
        let lines: Vec<_> = account
            .log
            .iter()
            .map(|line| (line.level, line.message.as_str()))
            .collect();
        assert_eq!(lines, [("info", "hello"), ("warn", "oops")]);
    }
}

#[test]
fn an_agent_finds_the_time_and_nothing_of_the_machine() {
    let workshop = Workshop::open();
    let component = guests::probing_agent(50_000_000);
    let role = "allow = [\"*\"]\n[roles.agent.files]\nread = [\"**\"]\n";
    let accounts = [workshop.run(role, &component), workshop.run(role, &component)];
    let [first, second] = accounts.each_ref().map(told);
    assert!(first.monotonic.1 - first.monotonic.0 >= 50_000_000, "{first:?}");
    assert!(first.wall > 1_700_000_000, "{first:?}");
    assert_ne!(first.random, second.random);
    assert_eq!((first.folders, first.environment, first.input), (0, (0, 1), CLOSED));
    assert_eq!(first.sockets, NO_NETWORK, "a role has no way to open a socket");
    let lines: Vec<_> = accounts[0].log.iter().map(|line| line.message.as_str()).collect();
    assert_eq!(lines, ["hello", "oops"]);
}

#[test]
fn an_agent_sees_the_variables_that_its_role_names() {
    let workshop = Workshop::open();
    let role = "allow = []\n[roles.agent.environment]\nset = { LANG = \"C.UTF-8\", MODE = \"test\" }\n";
    let account = workshop.run(role, &guests::probing_agent(0));
    assert_eq!(told(&account).environment, (2, 1));
}

/// The wall time ends a guest also while it waits.
#[test]
fn who_waits_too_long_is_stopped() {
    let workshop = Workshop::open();
    let role = "allow = []\n[roles.agent.limits]\nwall_seconds = 1\n";
    let started = Instant::now();
    let (absence, detail) = ended(workshop.run(role, &guests::probing_agent(HOUR)));
    assert_eq!(absence, Absence::TimedOut, "{detail}");
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
}

#[test]
fn output_beyond_the_limit_is_dropped_and_counted() {
    let workshop = Workshop::open();
    let role = "allow = []\n[roles.agent.limits]\noutput_kib = 1\n";
    let body = "(local $n i32) (local $stream i32) (local.set $stream (call $stdout))
        (loop $on (call $print (local.get $stream) (i32.const 5016) (i32.const 6) (i32.const 4096))
          (local.set $n (i32.add (local.get $n) (i32.const 1))) (br_if $on (i32.lt_u (local.get $n) (i32.const 1000))))
        (i32.store (i32.const 2060) (i32.const 2080)) (i32.store (i32.const 2064) (i32.const 4)) (i32.const 2048)";
    let account = workshop.run(role, &guests::runtime_agent(body));
    assert!(matches!(account.outcome, Outcome::Finished(_)), "{:?}", account.outcome);
    assert!((1..100).contains(&account.log.len()), "{} lines", account.log.len());
    assert_eq!(account.log.len() as u64 * 6 + account.output_bytes_dropped, 6_000);
}

/// Whatever is asked for without end ends the call, and the next one works.
#[test]
fn nothing_of_wasi_is_without_end() {
    let workshop = Workshop::open();
    let role = "allow = []\n[roles.agent.limits]\nwall_seconds = 2\nfuel_millions = 1000\nmemory_mib = 64\n";
    for (what, body) in [
        (
            "handles",
            "(loop $on (drop (call $subscribe (i64.const 1))) (br $on)) unreachable",
        ),
        ("streams", "(loop $on (drop (call $stdout)) (br $on)) unreachable"),
        (
            "random bytes",
            "(call $random_bytes (i64.const 0x10000000000) (i32.const 4096)) unreachable",
        ),
        (
            "random bytes in small pieces",
            "(loop $on (global.set $next (i32.const 65536))
               (call $random_bytes (i64.const 65536) (i32.const 4096)) (br $on)) unreachable",
        ),
        ("calls", "(loop $on (drop (call $random)) (br $on)) unreachable"),
        (
            "looks at the clock",
            "(loop $on (drop (call $now)) (br $on)) unreachable",
        ),
        (
            "one handle a million times over",
            "(local $handle i32) (local $n i32) (local.set $handle (call $subscribe (i64.const 0)))
             (drop (memory.grow (i32.const 128)))
             (loop $fill
               (i32.store (i32.add (i32.const 65536) (i32.mul (local.get $n) (i32.const 4))) (local.get $handle))
               (local.set $n (i32.add (local.get $n) (i32.const 1)))
               (br_if $fill (i32.lt_u (local.get $n) (i32.const 1000000))))
             (loop $on (global.set $next (i32.const 4200000))
               (call $poll (i32.const 65536) (i32.const 1000000) (i32.const 4096)) (br $on)) unreachable",
        ),
        ("a way out", "(call $exit (i32.const 0)) unreachable"),
        (
            "a long line",
            "(call $print (call $stdout) (i32.const 0) (i32.const 0x7fffffff) (i32.const 4096)) unreachable",
        ),
    ] {
        let started = Instant::now();
        let (absence, detail) = ended(workshop.run(role, &guests::runtime_agent(body)));
        assert!(
            started.elapsed() < Duration::from_secs(30),
            "{what} took {:?}",
            started.elapsed()
        );
        assert!(!detail.is_empty(), "{what}: {absence:?}");
        assert!(matches!(
            workshop.run("allow = []", &guests::agent("(i32.const 2048)")).outcome,
            Outcome::Finished(_)
        ));
    }
    let leaves = guests::runtime_agent("(call $exit (i32.const 1)) unreachable");
    let (absence, detail) = ended(workshop.run(role, &leaves));
    assert_eq!((absence, detail.as_str()), (Absence::Trapped, "it left with status 1"));
}
