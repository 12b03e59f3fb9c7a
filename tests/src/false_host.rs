//! A host that lies: it holds the right keys, hears the council as it should, and then records something else. Its chain is in
//! order throughout; only whoever asks the judges again can tell.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;

use assize::chain::Chain;
use assize::clock::Clock;
use assize::driver::compose::{Header, case_sealed, decided};
use assize::driver::hearing::{self, Testimony};
use assize::driver::prepare::{Given, Matter, Prepared, policy_in, prepare, terms_of};
use assize::driver::roster::Roster;
use assize::repository::Repository;
use assize::sandbox::{Allocation, EngineOptions, Sandbox};
use assize::settings::Home;
use assize_provenance::entry::v1::document::OpinionDocument;
use assize_provenance::entry::{
    Actor, ActorKind, Answer, Case, Content, Entry, EntryId, OpinionRecord, SignedEntry, Spoken, Stored, Transcript,
};
use assize_provenance::evidence::DocumentKind;
use assize_provenance::time::Time;
use assize_provenance::verdict::decide;

use crate::bed::Bed;

/// What a false host makes of the truth.
pub struct Lie<'a> {
    /// Bends the sealed case.
    pub case: &'a dyn Fn(&mut Case),
    /// Bends what the judges said.
    pub said: &'a dyn Fn(&mut [Testimony]),
}

impl Lie<'_> {
    /// The truth.
    pub const NONE: Self = Self {
        case: &|_| (),
        said: &|_| (),
    };
}

/// Hears the newest commit of a bed and records it with a lie; gives the entry of the verdict.
///
/// # Panics
///
/// When the case cannot be heard or recorded.
#[must_use]
pub fn record(bed: &Bed, lie: &Lie<'_>) -> EntryId {
    let repository = Repository::open(&bed.repository()).expect("the repository opens");
    let home = Home::open(&bed.home()).expect("the home opens");
    let (prepared, testimonies) = heard(&repository, &home);
    let chain = Chain::open(&repository, &home, Clock::System, &mut |_| ()).expect("the chain opens");
    let (entries, documents) = written(&chain, &prepared, testimonies, lie);
    chain
        .append_and_seal(entries, documents)
        .expect("the chain is written")
        .entry
}

/// What the council really says.
fn heard(repository: &Repository, home: &Home) -> (Prepared, Vec<Testimony>) {
    let sandbox = Sandbox::start(&EngineOptions {
        cache_dir: Some(home.cache()),
        allocation: Allocation::Pooling,
    });
    let sandbox = sandbox.expect("the engine starts");
    let range = repository.range("HEAD").expect("a commit");
    let (policy, source) = policy_in(repository.objects().as_ref(), range.base).expect("a policy");
    let given = Given {
        terms: terms_of(&policy, None).expect("a council"),
        policy: Arc::new(policy),
        source,
        documents: BTreeMap::new(),
        keeps_documents: false,
        now: Time::from_unix_seconds(Clock::System.unix_seconds()).expect("a time"),
        outlook: assize::waiver::Outlook::default(),
    };
    let objects = Arc::<assize_provenance::git::GitObjects>::clone(repository.objects());
    let matter = Matter { objects, range };
    let prepared = prepare(&matter, &Roster::new(sandbox.clone()), given).expect("a case");
    let terms = prepared.docket.terms.clone();
    let heard = hearing::hear(&sandbox, terms, &prepared.sittings, &prepared.evidence, || {
        Ok::<(), Infallible>(())
    });
    let (_, testimonies) = heard.expect("the hearing ends");
    (prepared, testimonies)
}

/// Signs a whole hearing in which everything fits together but the truth.
fn written(
    chain: &Chain,
    prepared: &Prepared,
    mut testimonies: Vec<Testimony>,
    lie: &Lie<'_>,
) -> (Vec<SignedEntry>, Vec<(DocumentKind, Vec<u8>)>) {
    (lie.said)(&mut testimonies);
    let header = Header {
        log: chain.log(),
        time: prepared.now,
        actor: Actor {
            kind: ActorKind::Person,
            name: "nobody".to_owned(),
        },
    };
    let hearing = chain.draw_hearing().expect("randomness");
    let mut opening = case_sealed(&header, &prepared.docket, hearing);
    let Content::Case(case) = &mut opening.content else {
        panic!("a sealed case is a case");
    };
    (lie.case)(case);
    opening.subject.case = case.digest(opening.subject.head).expect("small numbers");
    let (case, subject) = ((**case).clone(), opening.subject);
    let mut documents = vec![(DocumentKind::Case, prepared.docket.manifest.clone())];
    let mut entries = vec![chain.sign(opening).expect("signed")];
    let mut ids: Vec<EntryId> = entries.iter().map(SignedEntry::id).collect();
    for (seat, testimony) in case.seats.iter().zip(&testimonies) {
        let answer = match &testimony.heard {
            Ok(opinion) => {
                let salt = chain.draw_salt().expect("randomness");
                let document = OpinionDocument {
                    case: subject.case,
                    judge: seat.seat.judge.clone(),
                    component: seat.component.digest,
                    opinion: opinion.clone(),
                };
                let bytes = document.to_salted(&salt).expect("it has a form");
                let spoken = Spoken::of(opinion, &case.terms(), &salt, Stored::of(&bytes));
                documents.push((DocumentKind::Opinion, bytes));
                Answer::Spoken(Box::new(spoken))
            }
            Err(reason) => Answer::NoOpinion {
                reason: *reason,
                detail: "it stopped".to_owned(),
            },
        };
        let record = OpinionRecord {
            previous: *ids.last().expect("the case comes first"),
            judge: seat.seat.judge.clone(),
            component: seat.component.digest,
            engine_profile: case.engine_profile.clone(),
            answer,
            transcript: Transcript {
                digest: testimony.transcript,
                host_calls: testimony.host_calls,
            },
            fuel: testimony.fuel_spent,
        };
        let entry = chain.sign(Entry {
            log: header.log,
            time: header.time,
            actor: header.actor.clone(),
            subject,
            content: Content::Opinion(Box::new(record)),
        });
        let entry = entry.expect("signed");
        ids.push(entry.id());
        entries.push(entry);
    }
    let heard: Vec<_> = case
        .seats
        .iter()
        .zip(&testimonies)
        .map(|(seat, testimony)| (seat.seat.judge.clone(), testimony.heard.clone()))
        .collect();
    let verdict = decide(&case.terms(), &heard).expect("the council decides");
    let (opened, opinions) = ids.split_first().expect("the case comes first");
    let mut verdict = decided(&header, &prepared.docket, &verdict, *opened, opinions).expect("every seat has an entry");
    verdict.subject = subject;
    entries.push(chain.sign(verdict).expect("signed"));
    (entries, documents)
}
