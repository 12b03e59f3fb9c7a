//! Every function that a judge may call.

use std::sync::Arc;

use assize::case::Case;
use assize::case::evidence::Evidence;
use assize::driver::hearing::Testimony;
use assize::policy::Policy;
use assize::policy::grant::{Grants, Request};
use assize::policy::permission::Permission;
use assize::sandbox::{Allocation, Sandbox};
use assize_provenance::opinion::{Absence, Vote};
use assize_tests::bed::Bed;
use assize_tests::{guests, room};

/// One function of `evidence`, as a guest calls it.
struct Row {
    permission: Permission,
    /// The call in WebAssembly text; the answer lands at 4096. The names it passes stand in [`NAMES`].
    call: &'static str,
}

/// Texts that the calls pass, from address 6144 on: a file, a literal, a document, and a list of the literal.
const NAMES: &str = r#"(data (i32.const 6144) "src/file1.rs") (data (i32.const 6160) "fn f") (data (i32.const 6168) "notes")
  (data (i32.const 6176) "\10\18\00\00\04\00\00\00")"#;

const EVIDENCE: [Row; 6] = [
    Row {
        permission: Permission::EvidenceChanges,
        call: "(call $changes (i32.const 0) (i32.const 4096))",
    },
    Row {
        permission: Permission::EvidenceHunks,
        call: "(call $hunks (i32.const 6144) (i32.const 12) (i32.const 0) (i32.const 4096))",
    },
    Row {
        permission: Permission::EvidenceRead,
        call: "(call $read (i32.const 1) (i32.const 6144) (i32.const 12) (i64.const 0) (i32.const 4096) (i32.const 4096))",
    },
    Row {
        permission: Permission::EvidenceList,
        call: "(call $list (i32.const 1) (i32.const 6144) (i32.const 3) (i32.const 0) (i32.const 4096))",
    },
    Row {
        permission: Permission::EvidenceSearch,
        call: "(call $search (i32.const 1) (i32.const 6176) (i32.const 1) (i32.const 100) (i32.const 4096))",
    },
    Row {
        permission: Permission::EvidenceDocument,
        call: "(call $document (i32.const 6168) (i32.const 5) (i64.const 0) (i32.const 4096) (i32.const 4096))",
    },
];

/// Writes one line of the log; it gives no answer.
const LOG: &str = "(call $log (i32.const 1) (i32.const 6144) (i32.const 12))";

/// Where the cases of `refusal` stand in the contract.
const DENIED: u32 = 0;
const LIMIT: u32 = 1;

/// Votes on the answer at 4096: approve for a value, reject for the refusal `expected`, abstain for any other. The
/// rationale is what the refusal says first: the permission, or why.
fn judge_of_answer(calls: &str, expected: u32) -> Vec<u8> {
    let body = format!(
        "{calls}
         (if (i32.load8_u (i32.const 4096)) (then
           (i32.store8 (i32.const 2052)
             (select (i32.const 1) (i32.const 2) (i32.eq (i32.load8_u (i32.const 4100)) (i32.const {expected}))))
           (i32.store (i32.const 2064) (i32.load (i32.const 4104)))
           (i32.store (i32.const 2068) (i32.load (i32.const 4108)))))
         (i32.const 2048)"
    );
    guests::judge_with(NAMES, &body)
}

/// A court with one seat, `guest`, whose role says `role`.
struct Court {
    sandbox: Sandbox,
    case: Arc<Case>,
    evidence: Arc<Evidence>,
    _bed: Bed,
}

impl Court {
    fn open() -> Self {
        let bed = Bed::new("/nowhere");
        let (case, evidence) = room::case(&bed);
        Self {
            sandbox: room::sandbox(Allocation::OnDemand),
            case,
            evidence,
            _bed: bed,
        }
    }

    fn hear(&self, role: &str, component: &[u8]) -> Testimony {
        let text = format!(
            "version = 1\n[roles.judge]\n{role}\n[judges.guest]\nplugin = \"judges/guest.wasm\"\nrole = \"judge\"\n\
             [councils.default]\njudges = [\"guest\"]\n"
        );
        let policy = Policy::parse("test.toml", &text).unwrap_or_else(|problems| panic!("{problems:#?}\n{text}"));
        let (_, mut heard) = room::hear(&self.sandbox, &policy, &[component], &self.case, &self.evidence);
        heard.pop().expect("one seat")
    }

    /// Hears a judge that must come to an opinion: its vote and its rationale.
    fn opinion(&self, role: &str, component: &[u8], what: &str) -> (Vote, String) {
        let testimony = self.hear(role, component);
        let opinion = testimony
            .heard
            .unwrap_or_else(|absence| panic!("{what}: {absence:?}, {}", testimony.detail));
        (opinion.vote, opinion.rationale)
    }
}

/// The rows of this table, by the function's name.
pub(super) fn rows() -> Vec<&'static str> {
    let evidence = EVIDENCE.iter().map(|row| row.permission.name());
    evidence.chain(["log.write"]).collect()
}

/// Which functions a judge's call left a record of, where it called each once.
pub(super) fn recorded() -> Vec<String> {
    let court = Court::open();
    let policy = room::policy(&["guest"], 1, "unanimous");
    let calls: String = EVIDENCE.iter().map(|row| row.call).chain([LOG]).collect();
    let component = guests::judge_with(NAMES, &format!("{calls} (i32.const 2048)"));
    let judge = court
        .sandbox
        .load(&component)
        .expect("the machine holds")
        .unwrap_or_else(|unusable| panic!("{unusable}"));
    let request = Request {
        plugin: "guest",
        requires: &[],
        wants: &[],
        imports: judge.imports(),
    };
    let grants = Grants::resolve(&policy, "judge", request).expect("grants");
    let brief = room::brief(&court.case);
    let account = court
        .sandbox
        .hear(&judge, &brief, Arc::clone(&court.evidence), grants)
        .expect("the host holds");
    let names = account
        .accesses
        .iter()
        .map(|access| access.permission.name().to_owned());
    names.collect()
}

#[test]
fn what_is_granted_answers() {
    let court = Court::open();
    for Row { permission, call } in EVIDENCE {
        let role = format!("allow = [\"{permission}\"]");
        let (vote, why) = court.opinion(&role, &judge_of_answer(call, DENIED), permission.name());
        assert_eq!(vote, Vote::Approve, "{permission}: {why}");
    }
    let testimony = court.hear(
        "allow = []",
        &guests::judge_with(NAMES, &format!("{LOG} (i32.const 2048)")),
    );
    let lines: Vec<&str> = testimony.log.iter().map(|line| line.message.as_str()).collect();
    assert_eq!((lines, testimony.log_dropped), (vec!["src/file1.rs"], 0));
}

/// Every other permission is granted, so that nothing but the missing one can refuse.
#[test]
fn what_is_not_granted_is_denied_by_name() {
    let court = Court::open();
    for Row { permission, call } in EVIDENCE {
        for role in [
            format!("allow = [\"*\"]\ndeny = [\"{permission}\"]"),
            "allow = [\"log.*\"]".to_owned(),
        ] {
            let (vote, needed) = court.opinion(&role, &judge_of_answer(call, DENIED), permission.name());
            assert_eq!(
                (vote, needed.as_str()),
                (Vote::Reject, permission.name()),
                "under {role}"
            );
        }
    }
    let quiet = guests::judge_with(NAMES, &format!("{LOG} (i32.const 2048)"));
    let testimony = court.hear("allow = [\"*\"]\ndeny = [\"log.write\"]", &quiet);
    assert_eq!((testimony.log.len(), testimony.log_dropped), (0, 1));
    assert!(testimony.heard.is_ok(), "a denied line ends nothing");
}

/// A refusal is an answer that is recorded: it changes the digest of what the judge was told.
#[test]
fn a_denial_stands_in_the_transcript() {
    let court = Court::open();
    for Row { permission, call } in EVIDENCE {
        let judge = judge_of_answer(call, DENIED);
        let granted = court.hear("allow = [\"*\"]", &judge);
        let denied = court.hear(&format!("allow = [\"*\"]\ndeny = [\"{permission}\"]"), &judge);
        assert_eq!((granted.host_calls, denied.host_calls), (1, 1), "{permission}");
        assert_ne!(granted.transcript, denied.transcript, "{permission}");
    }
}

/// Reading on and on is refused when the role's bytes are used up, and the judge may still give its opinion.
#[test]
fn beyond_its_bytes_evidence_is_refused() {
    let court = Court::open();
    let role = "allow = [\"*\"]\n[roles.judge.limits]\nevidence_mib = 1\nhost_calls = 10000000\n";
    for Row { permission, call } in EVIDENCE {
        let on_and_on = format!(
            "(loop $on (global.set $next (i32.const 65536)) {call} (br_if $on (i32.eqz (i32.load8_u (i32.const 4096)))))"
        );
        let (vote, why) = court.opinion(role, &judge_of_answer(&on_and_on, LIMIT), permission.name());
        assert_eq!(vote, Vote::Reject, "{permission}: {why}");
        assert!(why.contains("evidence_mib"), "{permission}: {why}");
    }
    let role = "allow = []\n[roles.judge.limits]\nlog_kib = 1\nhost_calls = 10000000\n";
    let lines = format!(
        "(local $n i32) (loop $on {LOG} (local.set $n (i32.add (local.get $n) (i32.const 1)))
           (br_if $on (i32.lt_u (local.get $n) (i32.const 200)))) (i32.const 2048)"
    );
    let testimony = court.hear(role, &guests::judge_with(NAMES, &lines));
    assert!(testimony.heard.is_ok(), "{}", testimony.detail);
    let kept: usize = testimony.log.iter().map(|line| line.message.len()).sum();
    assert!((1..=1024).contains(&kept), "{kept} bytes of 1 KiB were kept");
    assert_eq!(testimony.log.len() as u64 + testimony.log_dropped, 200);
}

/// Asking on and on ends the call, also where every answer is a refusal: there is then no opinion.
#[test]
fn beyond_its_calls_the_judge_has_no_opinion() {
    let court = Court::open();
    let limits = "[roles.judge.limits]\nhost_calls = 1500\n";
    let calls = EVIDENCE.iter().map(|row| row.call).chain([LOG]);
    for call in calls {
        let endless = format!("(loop $on (global.set $next (i32.const 65536)) {call} (br $on)) unreachable");
        let judge = guests::judge_with(NAMES, &endless);
        for allow in ["allow = [\"*\"]", "allow = []"] {
            let testimony = court.hear(&format!("{allow}\n{limits}"), &judge);
            assert_eq!(
                testimony.heard.err(),
                Some(Absence::HostLimit),
                "{call} under {allow}: {}",
                testimony.detail
            );
        }
    }
}

/// While a plugin says what it is there is no case, whatever its role will be.
#[test]
fn describe_reads_no_evidence() {
    let court = Court::open();
    for Row { permission, call } in EVIDENCE {
        // The description is given only if the host answered `unavailable`, the sixth refusal; otherwise it traps.
        let text = guests::describing(
            NAMES,
            &format!(
                "{call} (if (i32.ne (i32.load8_u (i32.const 4100)) (i32.const 5)) (then unreachable)) (i32.const 1024)"
            ),
        );
        let testimony = court.hear("allow = [\"*\"]", &text);
        if permission == Permission::EvidenceSearch {
            // A search weighs more than all the calls that a description may make.
            assert_eq!(testimony.heard.err(), Some(Absence::Unusable), "{}", testimony.detail);
            assert!(testimony.detail.contains("host_calls"), "{}", testimony.detail);
        } else {
            assert!(testimony.heard.is_ok(), "{permission}: {}", testimony.detail);
        }
    }
}
