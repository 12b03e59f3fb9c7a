//! Whole logs from given keys: real entries, real signatures, real batches.

use std::collections::BTreeMap;

use super::{MemoryRepository, SigningPair};
use crate::batch::LogState;
use crate::commit::Citation;
use crate::digest::Digest;
use crate::entry::v1::document::OpinionDocument;
use crate::entry::{
    Actor, ActorKind, Answer, Budget, Case, Component, Content, Counts, Entry, EntryId, HearingId, OpinionRecord,
    OverrideRecord, Policy, PolicySource, RangeKind, Reason, Revision, Salt, SeatTerms, SignedEntry, Spoken, Stored,
    Subject, Transcript, VerdictRecord,
};
use crate::key::{Role, TrustedKeys};
use crate::log_id::LogSeed;
use crate::reader::{ObjectId, ObjectKind};
use crate::time::Time;
use crate::verdict::{Heard, Rule, Seat, decide};

/// When the clock of a test log starts: 2027-01-15T08:00:00Z.
const START_SECONDS: i64 = 1_800_000_000;

/// A log in a repository in memory.
#[derive(Clone)]
pub struct TestLog {
    /// Signs entries.
    pub council: SigningPair,
    /// Signs checkpoints and commits.
    pub signer: SigningPair,
    /// Where the log stands.
    pub state: LogState,
    /// Everything stored so far.
    pub repository: MemoryRepository,
    evidence: BTreeMap<String, Vec<u8>>,
    seconds: i64,
}

/// A council of the four default judges, unanimous, all four to be heard, the first with a veto.
#[must_use]
pub fn sample_case() -> Case {
    let seat = |(position, judge): (usize, &str)| SeatTerms {
        seat: Seat {
            judge: judge.to_owned(),
            weight: 1,
            veto: position == 0,
        },
        component: Component {
            digest: Digest::of(judge.as_bytes()),
            name: judge.to_owned(),
            version: Some("0.1.0".to_owned()),
        },
    };
    let judges = ["constitutional", "technical", "quality", "integration"];
    Case {
        base: Some(Revision {
            commit: ObjectId::from_bytes([1; 20]),
            tree: ObjectId::from_bytes([2; 20]),
        }),
        range: RangeKind::FirstParent,
        hearing: HearingId::from_bytes([1; 16]),
        manifest: Stored::of(b"{}"),
        counts: Counts {
            files: 3,
            added_lines: 20,
            removed_lines: 4,
        },
        policy: Policy {
            source: PolicySource::Default,
            digest: Digest::of(b"policy"),
        },
        budget: Budget {
            tier: 2,
            files_max: 100,
            lines_max: 10_000,
        },
        council: "default".to_owned(),
        seats: judges.into_iter().enumerate().map(seat).collect(),
        quorum: 4,
        rule: Rule::Unanimous,
        settings: vec![],
        waivers: vec![],
        given: BTreeMap::new(),
        appeal: None,
        briefing: Digest::of(b"briefing"),
        documents: vec![],
        diff_profile: "test-diff".to_owned(),
        messages: Digest::of(b"messages"),
        runtime_version: "0.1.0".to_owned(),
        engine_profile: "test-engine".to_owned(),
    }
}

/// What is judged, by number.
///
/// # Panics
///
/// When the case has numbers that no document holds.
#[must_use]
#[expect(clippy::expect_used, reason = "the numbers of a test case are small")]
pub fn sample_subject(number: u8, case: &Case) -> Subject {
    let head = Revision {
        commit: ObjectId::from_bytes([number; 20]),
        tree: ObjectId::from_bytes([number; 20]),
    };
    Subject {
        case: case.digest(head).expect("small numbers"),
        head,
    }
}

#[expect(
    clippy::expect_used,
    reason = "what a test log is built from is sound, or the test must stop"
)]
impl TestLog {
    /// Starts a log with the keys of these numbers.
    #[must_use]
    pub fn start(council: u8, signer: u8, seed: u8, cites: &[Citation]) -> Self {
        let (council, signer) = (SigningPair::from_seed(council), SigningPair::from_seed(signer));
        let state = LogState::start(signer.public(), LogSeed::from_bytes([seed; 16]), cites);
        let repository = MemoryRepository::default();
        Self {
            council,
            signer,
            state,
            repository,
            evidence: BTreeMap::new(),
            seconds: START_SECONDS,
        }
    }

    /// Returns both public keys, believed.
    #[must_use]
    pub fn keys(&self) -> TrustedKeys {
        let mut keys = TrustedKeys::new();
        keys.trust(Role::Council, self.council.public());
        keys.trust(Role::Log, self.signer.public());
        keys
    }

    /// Lets a second pass and returns the time.
    pub fn tick(&mut self) -> Time {
        self.seconds = self.seconds.saturating_add(1);
        Time::from_unix_seconds(self.seconds).expect("test logs end before the year 9999")
    }

    /// Makes an entry of this log, without storing it.
    ///
    /// # Panics
    ///
    /// When the content has no stored form.
    pub fn sign(&mut self, subject: Subject, content: Content) -> SignedEntry {
        let actor = Actor {
            kind: ActorKind::Person,
            name: "tester".to_owned(),
        };
        self.sign_as(actor, subject, content)
    }

    /// Makes an entry of this log that somebody in particular is behind, without storing it.
    ///
    /// # Panics
    ///
    /// When the content has no stored form.
    pub fn sign_as(&mut self, actor: Actor, subject: Subject, content: Content) -> SignedEntry {
        let council = self.council.clone();
        self.sign_with(&council, actor, subject, content)
    }

    /// Makes what a person says, signed with their own key, without storing it.
    ///
    /// # Panics
    ///
    /// When the content has no stored form.
    pub fn say(&mut self, person: &SigningPair, subject: Subject, content: Content) -> SignedEntry {
        let actor = Actor {
            kind: ActorKind::Person,
            name: "tester".to_owned(),
        };
        self.sign_with(person, actor, subject, content)
    }

    fn sign_with(&mut self, pair: &SigningPair, actor: Actor, subject: Subject, content: Content) -> SignedEntry {
        let entry = Entry {
            log: self.state.log(),
            time: self.tick(),
            actor,
            subject,
            content,
        };
        let unsigned = entry.prepare(&pair.public()).expect("the content has a stored form");
        let jws = pair.sign(unsigned.jws_input().as_bytes());
        let dsse = unsigned.dsse_input().map(|input| pair.sign(input.as_bytes()));
        unsigned
            .seal(&jws, dsse.as_ref())
            .expect("the signatures were just made")
    }

    /// Makes all entries of a case, with its evidence, without storing the entries. `heard` is what each seat says, in order;
    /// with fewer than there are seats, the case stays without verdict.
    ///
    /// # Panics
    ///
    /// When the case or an opinion has no stored form.
    pub fn hear(&mut self, number: u8, case: &Case, heard: &[Heard]) -> Vec<SignedEntry> {
        let (subject, terms) = (sample_subject(number, case), case.terms());
        self.add_evidence("case", b"{}");
        let mut entries = vec![self.sign(subject, Content::Case(Box::new(case.clone())))];
        let mut ids: Vec<EntryId> = entries.iter().map(SignedEntry::id).collect();
        for (seat, heard) in case.seats.iter().zip(heard) {
            let (judge, component) = (seat.seat.judge.clone(), seat.component.digest);
            let answer = match heard {
                Err(reason) => Answer::NoOpinion {
                    reason: *reason,
                    detail: "it stopped".to_owned(),
                },
                Ok(opinion) => {
                    let opinion = opinion.clone();
                    let document = OpinionDocument {
                        case: subject.case,
                        judge: judge.clone(),
                        component,
                        opinion,
                    };
                    let salt = Salt::from_bytes([number; 32]);
                    let bytes = document.to_salted(&salt).expect("the opinion has a stored form");
                    self.add_evidence("opinion", &bytes);
                    let stored = Stored::of(&bytes);
                    Answer::Spoken(Box::new(Spoken::of(&document.opinion, &terms, &salt, stored)))
                }
            };
            let record = OpinionRecord {
                previous: *ids.last().expect("the case comes first"),
                judge,
                component,
                engine_profile: case.engine_profile.clone(),
                answer,
                transcript: Transcript {
                    digest: Digest::of(b"transcript"),
                    host_calls: 7,
                },
                fuel: 1000,
            };
            let entry = self.sign(subject, Content::Opinion(Box::new(record)));
            ids.push(entry.id());
            entries.push(entry);
        }
        let judges = case.seats.iter().map(|seat| seat.seat.judge.clone());
        let verdict = decide(&terms, &judges.zip(heard.iter().cloned()).collect::<Vec<_>>());
        let (case_id, opinions) = ids.split_first().expect("the case comes first");
        let verdict = verdict
            .ok()
            .and_then(|verdict| VerdictRecord::new(&verdict, *case_id, opinions));
        entries.extend(verdict.map(|verdict| self.sign(subject, Content::Verdict(Box::new(verdict)))));
        entries
    }

    /// Makes the entry of a person who overrides a verdict, without storing it.
    ///
    /// # Panics
    ///
    /// Never: the reason is one.
    pub fn overrule(&mut self, verdict: &SignedEntry) -> SignedEntry {
        let record = OverrideRecord {
            previous: verdict.id(),
            council: "default".to_owned(),
            reason: Reason::new("The rule is wrong here.\nSee \"naïve\" parsing.").expect("a reason"),
            shown: Digest::of(b"what was shown"),
        };
        self.sign(verdict.entry().subject, Content::Override(Box::new(record)))
    }

    /// Stores entries as one batch.
    ///
    /// # Panics
    ///
    /// When there are none, or they belong to another log.
    pub fn record(&mut self, entries: &[SignedEntry]) {
        let lines: Vec<&[u8]> = entries.iter().map(SignedEntry::line).collect();
        self.record_lines(&lines);
    }

    /// Stores lines as one batch, whatever they are.
    ///
    /// # Panics
    ///
    /// When there are none.
    pub fn record_lines(&mut self, lines: &[&[u8]]) {
        let time = self.tick();
        let (state, batch) = self
            .state
            .append_lines(lines, &self.signer, time)
            .expect("lines in a batch, and the log's own key");
        self.repository.store(&batch);
        self.state = state;
    }

    /// Makes a document part of the log's evidence.
    pub fn add_evidence(&mut self, folder: &str, bytes: &[u8]) {
        let digits = Digest::of(bytes).to_string();
        let (first, rest) = digits.split_at(2);
        let before = self.evidence.insert(format!("{folder}/{first}/{rest}"), bytes.to_vec());
        if before.as_deref() != Some(bytes) {
            self.commit_evidence();
        }
    }

    /// Erases a document of the log's evidence, and leaves the mark that says so.
    pub fn erase_evidence(&mut self, folder: &str, bytes: &[u8]) {
        let digits = Digest::of(bytes).to_string();
        let (first, rest) = digits.split_at(2);
        self.evidence.remove(&format!("{folder}/{first}/{rest}"));
        self.evidence.insert(format!("erased/{first}/{rest}"), Vec::new());
        self.commit_evidence();
    }

    fn commit_evidence(&mut self) {
        let root = self.repository.put_folder(&self.evidence);
        let commit = format!("tree {root}\nauthor A <a@b> 0 +0000\ncommitter A <a@b> 0 +0000\n\nEvidence\n");
        let commit = self.repository.put(ObjectKind::Commit, commit.as_bytes());
        self.repository.refs.insert(self.state.log().evidence_ref(), commit);
    }
}
