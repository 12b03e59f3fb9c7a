//! What people say with keys of their own: confirmations, appeals, waivers, overrides, and every way to bend them.

use super::*;
use crate::entry::{AppealRecord, ApprovalRecord, EntryId, PersonsAnswer, Reason, Subject, WaiverRecord, WaiverTerms};
use crate::log_id::LogId;
use crate::report::{DecidedCase, Overall};
use crate::root::{End, Pin, PinSource, Reach, SignedRoot};
use crate::testing::root::{first_root, grant, holding, sign_root};
use crate::time::Time;
use crate::verdict::Waiver;

/// Alice has two keys, Bob and Dora one each.
const ALICE: u8 = 21;
const ALICE_TOO: u8 = 22;
const BOB: u8 = 23;
const DORA: u8 = 24;

fn pair(seed: u8) -> SigningPair {
    SigningPair::from_seed(seed)
}

fn reason() -> Reason {
    Reason::new("Because.").unwrap()
}

/// A root that lets the log's keys sign, and those of Alice and Bob as persons.
fn root() -> SignedRoot {
    let signer = pair(11);
    let mut root = first_root(&[(&signer, "carol")], 1);
    for (seed, who, role) in [
        (1, "host", Role::Council),
        (2, "host", Role::Log),
        (ALICE, "alice", Role::Person),
        (ALICE_TOO, "alice", Role::Person),
        (BOB, "bob", Role::Person),
        (DORA, "dora", Role::Person),
    ] {
        root.keys.push(holding(&pair(seed), who));
        root.grants.push(grant(&pair(seed), role, Reach::All));
    }
    sign_root(root, &[&signer])
}

fn check(log: &mut TestLog, entries: &[SignedEntry]) -> Report {
    log.record(entries);
    let root = root();
    log.repository.publish_root(&root);
    let mut keys = TrustedKeys::new();
    keys.pin(Pin {
        digest: root.digest(),
        source: PinSource::Flag,
        least: 1,
    });
    verify(&log.repository, &keys, &Remembered::nothing()).unwrap()
}

/// Records entries behind each other and returns what is wrong with the log.
fn wrong(mut log: TestLog, entries: &[SignedEntry]) -> Vec<&'static str> {
    codes(&check(&mut log, entries))
}

fn decided(report: &Report) -> Vec<DecidedCase> {
    assert_eq!(report.overall(), Overall::Proved, "{report:#?}");
    report.decided().map(|(_, decided)| decided.clone()).collect()
}

fn heard(votes: [Heard; 4]) -> (TestLog, Vec<SignedEntry>) {
    let mut log = TestLog::start(1, 2, 3, &[]);
    let entries = log.hear(1, &sample_case(), &votes);
    (log, entries)
}

fn approved() -> (TestLog, Vec<SignedEntry>) {
    heard([approve(), approve(), approve(), approve()])
}

fn approval(verdict: &SignedEntry, answer: PersonsAnswer) -> ApprovalRecord {
    ApprovalRecord {
        previous: verdict.id(),
        council: "default".to_owned(),
        answer,
        shown: Digest::of(b"shown"),
        reason: Some(reason()),
    }
}

fn approves(log: &mut TestLog, who: u8, verdict: &SignedEntry) -> SignedEntry {
    let record = approval(verdict, PersonsAnswer::Approved);
    log.say(&pair(who), verdict.entry().subject, Content::Approval(Box::new(record)))
}

#[test]
fn people_confirm_with_keys_of_their_own_each_once() {
    let (mut log, mut entries) = approved();
    let said = [
        approves(&mut log, ALICE, &entries[5]),
        approves(&mut log, BOB, &entries[5]),
    ];
    entries.extend(said.clone());
    let decided = decided(&check(&mut log, &entries));
    assert_eq!(decided[0].answer(), Outcome::Approved);
    let keys: Vec<_> = decided[0].approvals.iter().map(|said| (said.entry, said.key)).collect();
    assert_eq!(
        keys,
        [
            (said[0].id(), pair(ALICE).public().id()),
            (said[1].id(), pair(BOB).public().id())
        ]
    );
}

#[test]
fn two_keys_of_one_person_are_one_person() {
    for second in [ALICE, ALICE_TOO] {
        let (mut log, mut entries) = approved();
        let said = [
            approves(&mut log, ALICE, &entries[5]),
            approves(&mut log, second, &entries[5]),
        ];
        entries.extend(said);
        assert_eq!(wrong(log, &entries), ["approval-twice"], "{second}");
    }
}

#[test]
fn a_person_who_refuses_is_obeyed() {
    let (mut log, mut entries) = approved();
    let record = approval(&entries[5], PersonsAnswer::Rejected);
    let subject = entries[5].entry().subject;
    entries.push(log.say(&pair(BOB), subject, Content::Approval(Box::new(record))));
    let decided = decided(&check(&mut log, &entries));
    assert_eq!(
        (decided[0].outcome, decided[0].answer()),
        (Outcome::Approved, Outcome::Rejected)
    );
}

#[test]
fn an_approval_belongs_to_one_verdict_that_approves() {
    let (mut log, mut entries) = heard([approve(), reject(), approve(), approve()]);
    entries.push(approves(&mut log, ALICE, &entries[5].clone()));
    assert_eq!(wrong(log, &entries), ["approval-needless"]);

    let (mut log, mut entries) = approved();
    let mut other = approval(&entries[5], PersonsAnswer::Approved);
    other.council = "other".to_owned();
    let subject = entries[5].entry().subject;
    entries.push(log.say(&pair(ALICE), subject, Content::Approval(Box::new(other))));
    assert_eq!(wrong(log, &entries), ["approval-case"]);

    let (mut log, mut entries) = approved();
    let mut nowhere = approval(&entries[5], PersonsAnswer::Approved);
    nowhere.previous = entries[4].id();
    entries.push(log.say(&pair(ALICE), subject, Content::Approval(Box::new(nowhere))));
    assert_eq!(wrong(log, &entries), ["approval-order"]);
}

#[test]
fn the_council_does_not_speak_for_people() {
    let (mut log, mut entries) = approved();
    let record = approval(&entries[5], PersonsAnswer::Approved);
    entries.push(log.sign(entries[5].entry().subject, Content::Approval(Box::new(record))));
    assert_eq!(wrong(log, &entries), ["key-range"]);

    let (mut log, mut entries) = heard([approve(), reject(), approve(), approve()]);
    entries.push(log.overrule(&entries[5].clone()));
    assert_eq!(wrong(log, &entries), ["override-unsigned"]);
}

/// A root that lets the log's keys sign, and Alice's where `reach` says.
fn root_with(reach: Reach) -> SignedRoot {
    let mut root = root().root().clone();
    root.grants.retain(|grant| grant.role != Role::Person);
    root.grants.push(grant(&pair(ALICE), Role::Person, reach));
    sign_root(root, &[&pair(11)])
}

#[test]
fn the_hosts_word_for_a_person_ends_where_people_begin_to_sign() {
    let said_by_the_host = |reach: fn(LogId, &TestLog) -> Reach| {
        let (mut log, mut entries) = heard([approve(), reject(), approve(), approve()]);
        let reach = reach(log.state.log(), &log);
        entries.push(log.overrule(&entries[5].clone()));
        log.record(&entries);
        let root = root_with(reach);
        log.repository.publish_root(&root);
        let mut keys = TrustedKeys::new();
        keys.pin(Pin {
            digest: root.digest(),
            source: PinSource::Flag,
            least: 1,
        });
        verify(&log.repository, &keys, &Remembered::nothing()).unwrap()
    };
    let within = |log, from, to| Reach::Within { log, from, to };
    // The override is entry 6.
    let behind = decided(&said_by_the_host(|log, _| Reach::Within { log, from: 7, to: None }));
    let overridden = behind[0].overridden.as_ref().unwrap();
    assert_eq!(
        overridden.key, None,
        "the host's word is told apart from a person's signature"
    );
    let elsewhere = said_by_the_host(|_, _| {
        let log = TestLog::start(1, 2, 4, &[]).state.log();
        Reach::Within { log, from: 0, to: None }
    });
    assert_eq!(codes(&elsewhere), Vec::<&str>::new(), "people sign in another log");
    for report in [
        said_by_the_host(|_, _| Reach::All),
        said_by_the_host(|log, _| Reach::Within { log, from: 6, to: None }),
    ] {
        assert_eq!(codes(&report), ["override-unsigned"]);
        assert_eq!(report.overall(), Overall::Refuted);
    }
    // A key that has ended does not give the word back to the host.
    let (mut log, mut entries) = heard([approve(), reject(), approve(), approve()]);
    log.record(&entries[..3]);
    let end = End {
        size: log.state.size(),
        root: log.state.root(),
    };
    let root = root_with(within(log.state.log(), 0, Some(end)));
    log.repository.publish_root(&root);
    let mut keys = TrustedKeys::new();
    keys.pin(Pin {
        digest: root.digest(),
        source: PinSource::Flag,
        least: 1,
    });
    entries.push(log.overrule(&entries[5].clone()));
    log.record(&entries[3..]);
    let report = verify(&log.repository, &keys, &Remembered::nothing()).unwrap();
    assert_eq!(codes(&report), ["override-unsigned"]);
}

#[test]
fn a_person_overrides_with_their_own_key() {
    let (mut log, mut entries) = heard([approve(), reject(), approve(), approve()]);
    let content = log.overrule(&entries[5]).entry().content.clone();
    let subject = entries[5].entry().subject;
    entries.push(log.say(&pair(ALICE), subject, content));
    let decided = decided(&check(&mut log, &entries));
    let overridden = decided[0].overridden.as_ref().unwrap();
    assert_eq!(overridden.key, Some(pair(ALICE).public().id()));
    assert_eq!(decided[0].answer(), Outcome::Approved);
}

fn appeal(log: &mut TestLog, verdict: &SignedEntry) -> SignedEntry {
    let record = AppealRecord {
        previous: verdict.id(),
        council: "default".to_owned(),
        reason: reason(),
        shown: Digest::of(b"shown"),
    };
    log.say(&pair(ALICE), verdict.entry().subject, Content::Appeal(Box::new(record)))
}

/// The same case once more, in answer to an appeal.
fn again(log: &mut TestLog, appeal: EntryId) -> Vec<SignedEntry> {
    let case = Case {
        appeal: Some(appeal),
        hearing: crate::entry::HearingId::from_bytes([9; 16]),
        ..sample_case()
    };
    log.hear(1, &case, &[approve(), approve(), approve(), approve()])
}

#[test]
fn the_verdict_of_another_hearing_supersedes_the_one_that_stays() {
    let (mut log, mut entries) = heard([approve(), reject(), approve(), approve()]);
    let appealed = appeal(&mut log, &entries[5]);
    entries.push(appealed.clone());
    let open = decided(&check(&mut log.clone(), &entries));
    assert_eq!(open[0].superseded_by(), None, "an appeal alone changes nothing");
    let anew = again(&mut log, appealed.id());
    entries.extend(anew.clone());
    let decided = decided(&check(&mut log, &entries));
    assert_eq!(decided[0].superseded_by(), Some(anew[5].id()));
    assert_eq!(
        decided[0].answer(),
        Outcome::Rejected,
        "the old verdict stays what it was"
    );
    assert_eq!(
        (decided[1].answer(), decided[1].superseded_by()),
        (Outcome::Approved, None)
    );
}

#[test]
fn an_appeal_is_made_once_and_answered_once() {
    let (mut log, mut entries) = heard([approve(), reject(), approve(), approve()]);
    entries.push(appeal(&mut log, &entries[5].clone()));
    entries.push(appeal(&mut log, &entries[5].clone()));
    assert_eq!(wrong(log, &entries), ["appeal-twice"]);

    let (mut log, mut entries) = heard([approve(), reject(), approve(), approve()]);
    entries.push(appeal(&mut log, &entries[5].clone()));
    let id = entries[6].id();
    entries.extend(again(&mut log, id));
    let mut third = again(&mut log, id);
    entries.append(&mut third);
    assert_eq!(wrong(log, &entries), ["appeal-answer"]);

    let (mut log, mut entries) = approved();
    entries.extend(again(&mut log, EntryId::of_line(b"nothing")));
    assert_eq!(wrong(log, &entries), ["appeal-answer"]);
}

/// A hearing that was killed leaves a case without a verdict, and somebody hears it once more.
#[test]
fn a_hearing_that_was_killed_does_not_use_an_appeal_up() {
    let (mut log, mut entries) = heard([approve(), reject(), approve(), approve()]);
    entries.push(appeal(&mut log, &entries[5].clone()));
    let id = entries[6].id();
    let mut killed = again(&mut log, id);
    let late = killed.split_off(4);
    entries.extend(killed);
    let anew = again(&mut log, id);
    entries.extend(anew.clone());
    let report = check(&mut log.clone(), &entries);
    assert_eq!(
        standing(&report, Claim::Completeness),
        "not checkable",
        "a case is open"
    );
    assert_eq!(decided(&report)[0].superseded_by(), Some(anew[5].id()));
    // Whoever goes on with it afterwards would have two answers to choose from.
    entries.extend(late);
    assert_eq!(wrong(log, &entries), ["appeal-answer"]);
}

fn terms() -> WaiverTerms {
    WaiverTerms {
        id: "WV-0001".to_owned(),
        rule: "technical/placeholder".to_owned(),
        paths: vec![],
        until: 1_000,
        expires: Time::from_unix_seconds(1_900_000_000).unwrap(),
        reason: reason(),
    }
}

/// What a log with a waiver is made of.
struct Waived {
    terms: WaiverTerms,
    approvers: Vec<u8>,
    is_revoked: bool,
    /// What the case says of it.
    rule: &'static str,
    is_signed: bool,
}

impl Default for Waived {
    fn default() -> Self {
        Self {
            terms: terms(),
            approvers: vec![BOB],
            is_revoked: false,
            rule: "technical/placeholder",
            is_signed: true,
        }
    }
}

impl Waived {
    fn entries(self) -> (TestLog, Vec<SignedEntry>) {
        let mut log = TestLog::start(1, 2, 3, &[]);
        let subject = Subject {
            case: self.terms.digest().unwrap(),
            ..sample_subject(1, &sample_case())
        };
        let mut say = |who: u8, record: WaiverRecord| log.say(&pair(who), subject, Content::Waiver(Box::new(record)));
        let proposed = say(ALICE, WaiverRecord::Proposed(self.terms.clone()));
        let previous = proposed.id();
        let mut entries = vec![proposed];
        entries.extend(
            self.approvers
                .iter()
                .map(|who| say(*who, WaiverRecord::Approved { previous })),
        );
        if self.is_revoked {
            let reason = reason();
            entries.push(say(BOB, WaiverRecord::Revoked { previous, reason }));
        }
        let mut case = sample_case();
        case.waivers.push(Waiver {
            id: self.terms.id.clone(),
            rule: self.rule.to_owned(),
            paths: self.terms.paths.clone(),
        });
        if self.is_signed {
            case.given.insert(self.terms.id, previous);
        }
        entries.extend(log.hear(1, &case, &[approve(), reject(), approve(), approve()]));
        (log, entries)
    }

    fn wrong(self) -> Vec<&'static str> {
        let (log, entries) = self.entries();
        wrong(log, &entries)
    }
}

#[test]
fn a_waiver_is_in_force_behind_the_approval_of_somebody_else() {
    let (mut log, entries) = Waived::default().entries();
    let report = check(&mut log, &entries);
    let decided = decided(&report);
    assert_eq!(
        decided[0].answer(),
        Outcome::Approved,
        "it excuses what the judge found"
    );
    assert!(decided[0].unsigned_waivers.is_empty());
}

#[test]
fn no_waiver_counts_that_nobody_else_gave() {
    let with = |change: fn(&mut Waived)| {
        let mut waived = Waived::default();
        change(&mut waived);
        waived.wrong()
    };
    assert_eq!(with(|waived| waived.approvers.clear()), ["waiver-unapproved"]);
    let own = ["waiver-self", "waiver-unapproved"];
    assert_eq!(with(|waived| waived.approvers = vec![ALICE]), own);
    assert_eq!(with(|waived| waived.approvers = vec![ALICE_TOO]), own);
    assert_eq!(with(|waived| waived.is_revoked = true), ["waiver-revoked"]);
    assert_eq!(with(|waived| waived.rule = "quality/size"), ["waiver-terms"]);
}

#[test]
fn a_waiver_of_a_budget_takes_two_others() {
    let of_budget = |approvers: &[u8]| {
        let rule = "constitutional/budget-lines";
        let waived = Waived {
            terms: WaiverTerms {
                rule: rule.to_owned(),
                ..terms()
            },
            approvers: approvers.to_vec(),
            rule,
            ..Waived::default()
        };
        let (log, entries) = waived.entries();
        wrong(log, &entries)
    };
    assert_eq!(of_budget(&[BOB, DORA]), [] as [&str; 0]);
    assert_eq!(of_budget(&[BOB]), ["waiver-unapproved"]);
    assert_eq!(of_budget(&[BOB, BOB]), ["waiver-order", "waiver-unapproved"]);
    assert_eq!(of_budget(&[BOB, ALICE_TOO]), ["waiver-self", "waiver-unapproved"]);
}

#[test]
fn the_hosts_word_for_a_waiver_counts_only_where_people_cannot_sign() {
    let host = || Waived {
        is_signed: false,
        ..Waived::default()
    };
    assert_eq!(host().wrong(), ["waiver-unsigned"]);
    // Without a root of trust, the same log is proved, and the report tells the waiver apart.
    let (mut log, entries) = host().entries();
    log.record(&entries);
    let mut keys = log.keys();
    for seed in [ALICE, BOB] {
        keys.trust(Role::Person, pair(seed).public());
    }
    let report = verify(&log.repository, &keys, &Remembered::nothing()).unwrap();
    assert_eq!(decided(&report)[0].unsigned_waivers, ["WV-0001"]);
}

#[test]
fn no_waiver_counts_that_is_over() {
    let with = |terms: WaiverTerms| {
        let waived = Waived {
            terms,
            ..Waived::default()
        };
        waived.wrong()
    };
    // The case is entry 2.
    assert!(with(WaiverTerms { until: 2, ..terms() }).is_empty());
    assert_eq!(
        with(WaiverTerms { until: 1, ..terms() }),
        ["waiver-expired"],
        "one entry too late"
    );
    let past = WaiverTerms {
        expires: Time::from_unix_seconds(1_800_000_000).unwrap(),
        ..terms()
    };
    assert_eq!(with(past), ["waiver-expired"]);
}

#[test]
fn the_steps_of_a_waiver_follow_its_proposal() {
    let mut log = TestLog::start(1, 2, 3, &[]);
    let subject = Subject {
        case: terms().digest().unwrap(),
        ..sample_subject(1, &sample_case())
    };
    let mut say = |who: u8, subject, record| log.say(&pair(who), subject, Content::Waiver(Box::new(record)));
    let proposed = say(ALICE, subject, WaiverRecord::Proposed(terms()));
    let previous = proposed.id();
    let approved = say(BOB, subject, WaiverRecord::Approved { previous });
    let twice = say(BOB, subject, WaiverRecord::Approved { previous });
    let nothing = EntryId::of_line(b"nothing");
    let stray = say(BOB, subject, WaiverRecord::Approved { previous: nothing });
    let elsewhere = sample_subject(1, &sample_case());
    let crossed = say(BOB, elsewhere, WaiverRecord::Approved { previous });
    let lying = say(ALICE, elsewhere, WaiverRecord::Proposed(terms()));
    for (entries, expected) in [
        (vec![proposed.clone(), approved.clone()], vec![]),
        (vec![proposed.clone(), approved, twice], vec!["waiver-order"]),
        (vec![stray], vec!["waiver-order"]),
        (vec![proposed, crossed], vec!["waiver-terms"]),
        (vec![lying], vec!["waiver-terms"]),
    ] {
        assert_eq!(wrong(log.clone(), &entries), expected);
    }
}
