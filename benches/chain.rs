//! What the chain costs: appended, signed, durable entries a second against their parts in the same run; verified entries a second
//! on all cores against nothing but the signature checks on all cores, and against what git needs for a commit; bytes an entry in a
//! packed repository; memory.
//!
//! `ASSIZE_BENCH_ENTRIES` sets how long the log is that is verified.

#![expect(clippy::print_stdout, reason = "printing figures is what a measurement is for")]

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::thread;

use assize::chain::Chain;
use assize::clock::Clock;
use assize::repository::Repository;
use assize::settings::Home;
use assize_benches::{Spread, once};
use assize_provenance::entry::{Case, Entry, SignedEntry};
use assize_provenance::key::{Role, allowed_signers};
use assize_provenance::opinion::{Opinion, Vote};
use assize_provenance::report::Overall;
use assize_provenance::testing::{TestLog, sample_case};
use assize_provenance::verdict::Heard;
use assize_provenance::verify::{Keep, Remembered, verify_keeping};
use assize_tests::bed::{Bed, Edit};
use assize_tests::{forgery, tools};
use machine::{description, memory_mib};

#[path = "workflows/machine.rs"]
#[expect(dead_code, reason = "the measurement of workflows needs more of it")]
mod machine;

/// How many verdicts are appended in each way.
const VERDICTS: usize = 128;
/// How many verdicts share a group.
const GROUP: usize = 64;
/// How many entries one commit of the log that is verified holds.
const BATCH: usize = 256;
/// Signatures of a verdict with its case and four opinions: one each, and one more of the verdict.
const SIGNATURES: usize = 7;
const ENTRIES: usize = 6;

fn main() {
    println!("{}", description());
    append();
    let count = std::env::var("ASSIZE_BENCH_ENTRIES").ok();
    read(count.map_or(12_000, |text| text.parse().expect("ASSIZE_BENCH_ENTRIES is a number")));
}

fn approve() -> Heard {
    Ok(Opinion {
        vote: Vote::Approve,
        findings: vec![],
        rationale: String::new(),
    })
}

/// The entries of one verdict, unsigned, for a log.
fn entries(log: &mut TestLog, number: usize) -> Vec<SignedEntry> {
    let mut case: Case = sample_case();
    case.counts.files = number as u64;
    let heard = [approve(), approve(), approve(), approve()];
    log.hear((number % 251) as u8, &case, &heard)
}

fn append() {
    let bed = Bed::new("/nowhere");
    bed.commit("Begin", &[Edit::Write("README.md", b"Hello\n")]);
    let repository = Repository::open(&bed.repository()).expect("the repository opens");
    let home = Home::open(&bed.home()).expect("a home");
    let chain = Chain::open(&repository, &home, Clock::System, &mut |_| {}).expect("a chain");
    let mut source = TestLog::start(1, 2, 3, &[]);
    let verdicts: Vec<Vec<Entry>> = (0..VERDICTS)
        .map(|number| {
            let ours = |entry: SignedEntry| Entry {
                log: chain.log(),
                ..entry.entry().clone()
            };
            entries(&mut source, number).into_iter().map(ours).collect()
        })
        .collect();
    let sign = |verdict: &Vec<Entry>| -> Vec<SignedEntry> {
        let signed = verdict.iter().map(|entry| chain.sign(entry.clone()));
        signed.map(|entry| entry.expect("it is signed")).collect()
    };
    // The parts: signing, and the same bytes in a synced file.
    let signing: Vec<f64> = verdicts
        .iter()
        .map(|verdict| once(|| sign(verdict)).1.as_secs_f64())
        .collect();
    let signing = Spread::of(signing).median();
    let bytes: usize = sign(&verdicts[0]).iter().map(|entry| entry.line().len()).sum();
    let (alone, shared) = (synced(&bed, bytes), synced(&bed, bytes * GROUP) / GROUP as f64);
    for (name, group, part) in [("each on its own", 1, alone), ("in groups of 64", GROUP, shared)] {
        let ((), took) = once(|| {
            for verdicts in verdicts.chunks(group) {
                let signed = verdicts.iter().flat_map(&sign).collect();
                chain.append(signed, Vec::new()).expect("it is acknowledged");
            }
        });
        let rate = VERDICTS as f64 / took.as_secs_f64();
        let parts = 1.0 / (signing + part);
        println!(
            "{VERDICTS} verdicts, signed and durable {name}: {rate:.0} verdicts and {:.0} entries a second; {:.0} entries from the \
             parts (signing {:.0} µs, synced bytes {:.0} µs a verdict), {:.0} % of that",
            rate * ENTRIES as f64,
            parts * ENTRIES as f64,
            signing * 1e6,
            part * 1e6,
            rate / parts * 100.0
        );
    }
    let (sealed, took) = once(|| chain.seal_waiting());
    sealed.expect("it is sealed");
    println!(
        "  sealed into one signed commit in {:.1} ms, {:.1} µs an entry",
        took.as_secs_f64() * 1e3,
        took.as_secs_f64() * 1e6 / (2 * VERDICTS * ENTRIES) as f64
    );
}

/// Seconds to append so many bytes to a file and sync it.
fn synced(bed: &Bed, bytes: usize) -> f64 {
    let mut file = File::create(bed.beside("synced")).expect("a file");
    let bytes = vec![b'x'; bytes];
    let times = (0..31).map(|_| {
        let ((), took) = once(|| {
            file.write_all(&bytes).expect("it is written");
            file.sync_data().expect("it is synced");
        });
        took.as_secs_f64()
    });
    Spread::of(times.collect()).median()
}

fn read(count: usize) {
    let mut log = TestLog::start(1, 2, 3, &[]);
    let (mut made, mut waiting) = (0, Vec::new());
    while made < count {
        let entries = entries(&mut log, made);
        made += entries.len();
        waiting.extend(entries);
        if waiting.len() >= BATCH {
            log.record(&waiting);
            waiting.clear();
        }
    }
    if !waiting.is_empty() {
        log.record(&waiting);
    }
    let before = memory_mib("VmRSS");
    // From now on `VmHWM` is the most that is in use from now on.
    fs::write("/proc/self/clear_refs", "5").expect("the kernel listens");
    let (keys, whole) = (log.keys(), BTreeMap::new());
    let (report, took) = once(|| verify_keeping(&log.repository, &keys, &Remembered::nothing(), &whole, Keep::Nothing));
    let peak = memory_mib("VmHWM") - before;
    let report = report.expect("memory can be read");
    assert_eq!(report.overall(), Overall::Proved);
    let commits = report.logs[0].commits;
    let rate = made as f64 / took.as_secs_f64();
    let raw = raw_rate(&log, made * SIGNATURES / ENTRIES) * ENTRIES as f64 / SIGNATURES as f64;
    println!(
        "{made} entries in {commits} commits verified on {} cores: {rate:.0} entries a second; {raw:.0} by nothing but their \
         signatures, {:.0} % of that; at most {peak:.1} MiB more in use than before",
        thread::available_parallelism().map_or(1, usize::from),
        rate / raw * 100.0
    );
    packed(&log, made, commits);
}

/// Signatures that all cores check in a second, and nothing else.
fn raw_rate(log: &TestLog, count: usize) -> f64 {
    let message = [7_u8; 1_000];
    let (key, signature) = (log.council.public(), log.council.sign(&message));
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let ((), took) = once(|| {
        thread::scope(|scope| {
            for _ in 0..cores {
                scope.spawn(|| {
                    for _ in 0..count / cores {
                        key.verify(&message, &signature).expect("it is right");
                    }
                });
            }
        });
    });
    (count / cores * cores) as f64 / took.as_secs_f64()
}

/// What stock git makes of the same log: how small it packs it, and how long it checks a commit.
fn packed(log: &TestLog, entries: usize, commits: u64) {
    let Some(git) = tools::program("git", "how small a log is packed") else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let place = folder.path().join("log.git");
    let run = |arguments: &[&str]| {
        let mut command = Command::new(&git);
        command.args(arguments).env_clear().env("HOME", folder.path());
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        let output = command.output().expect("git starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    let dir = place.display().to_string();
    run(&["init", "-q", "--bare", &dir]);
    forgery::lay_down(&log.repository, &place);
    run(&["--git-dir", &dir, "repack", "-adfq"]);
    let bytes = bytes_in(&place.join("objects/pack"));
    println!("  packed by git: {:.0} bytes an entry", bytes as f64 / entries as f64);
    let signers = folder.path().join("signers");
    fs::write(&signers, allowed_signers::print(Role::Log, &log.signer.public())).expect("a file");
    let allowed = format!("gpg.ssh.allowedSignersFile={}", signers.display());
    let name = log.state.log().log_ref();
    let ((), took) = once(|| {
        run(&[
            "--git-dir",
            &dir,
            "-c",
            &allowed,
            "log",
            "--show-signature",
            "--oneline",
            &name,
        ]);
    });
    println!(
        "  git log --show-signature: {:.1} ms a commit of {BATCH} entries",
        took.as_secs_f64() * 1e3 / commits as f64
    );
}

fn bytes_in(folder: &Path) -> u64 {
    let listing = fs::read_dir(folder).expect("a folder");
    listing
        .map(|entry| entry.expect("an entry").metadata().expect("a file").len())
        .sum()
}
