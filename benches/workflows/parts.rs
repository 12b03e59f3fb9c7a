//! What the parts of a task cost, one after another on one core.

use std::collections::BTreeMap;
use std::sync::Arc;

use assize::case::{Range, RangeKind};
use assize::clock::Clock;
use assize::driver::prepare::{Given, Matter, Prepared, policy_in, prepare, terms_of};
use assize::driver::recorded::{self, Sheaf};
use assize::driver::roster::Roster;
use assize::event::{Event, RunId};
use assize::policy::grant::{Grants, Request};
use assize::repository::Worktrees;
use assize::sandbox::{Agent, Surroundings, Task};
use assize::workspace::Workspace;
use assize_benches::{Spread, once};
use assize_provenance::digest::Digest;
use assize_provenance::entry::{Actor, ActorKind};

use crate::site::Site;

/// How many share a transaction, or a batch of the chain.
const SHARED: usize = 64;
/// How often each part is timed.
const SAMPLES: usize = 31;
/// The events of a task: its attempt and its call begin and end, and the call's transcript is kept.
const EVENTS: f64 = 5.0;

/// Seconds each.
pub(crate) struct Parts {
    worktree: f64,
    call: f64,
    event: f64,
    /// By council: a hearing that is prepared, held and signed, and its entries in a batch of the chain.
    hearings: BTreeMap<&'static str, (f64, f64)>,
}

impl Parts {
    /// What one task with this council is made of.
    pub(crate) fn of_task(&self, in_worktree: bool, council: &str) -> f64 {
        let worktree = if in_worktree { self.worktree } else { 0.0 };
        let attempt = worktree + self.call + EVENTS * self.event;
        match self.hearings.get(council) {
            Some((hearing, entries)) => attempt + hearing + entries + self.event,
            None => attempt,
        }
    }
}

/// Measures and prints them.
pub(crate) fn parts(site: &Site) -> Parts {
    let (alone, event) = (append(site, 1), append(site, SHARED) / SHARED as f64);
    let (worktree, call) = worktree_and_call(site);
    println!(
        "parts: a synced append {:.0} µs, an event's share of {SHARED} {:.1} µs; a worktree {:.0} µs; a call of the idle agent {:.1} µs",
        alone * 1e6,
        event * 1e6,
        worktree * 1e6,
        call * 1e6
    );
    let mut hearings = BTreeMap::new();
    for (name, council) in [("four no-op judges", "default"), ("the four real judges", "real")] {
        let roster = Roster::new(site.sandbox.clone());
        let (mut sheaves, mut prepared_in, mut heard_in) = (Vec::new(), Vec::new(), Vec::new());
        drop(prepared(site, &roster, council));
        for _ in 0..SAMPLES {
            let (prepared, took) = once(|| prepared(site, &roster, council));
            prepared_in.push(took.as_secs_f64());
            let (sheaf, took) = once(|| heard(site, &prepared));
            heard_in.push(took.as_secs_f64());
            sheaves.push(sheaf);
        }
        let count = sheaves.len() as f64;
        let (mut entries, mut documents) = (Vec::new(), Vec::new());
        for sheaf in sheaves {
            entries.extend(sheaf.entries);
            documents.extend(sheaf.documents);
        }
        let appended = once(|| site.host.clerk.append(Sheaf { entries, documents }));
        appended.0.expect("the chain holds");
        let share = appended.1.as_secs_f64() / count;
        let (prepared, heard) = (Spread::of(prepared_in).median(), Spread::of(heard_in).median());
        println!(
            "parts: {name}: a case is prepared in {:.0} µs, heard and signed in {:.0} µs; its share of a batch of the chain {:.0} µs",
            prepared * 1e6,
            heard * 1e6,
            share * 1e6
        );
        hearings.insert(council, (prepared + heard, share));
    }
    Parts {
        worktree,
        call,
        event,
        hearings,
    }
}

/// One transaction of so many events.
fn append(site: &Site, count: usize) -> f64 {
    let events: Vec<Event> = (0..count).map(|number| started(site, number)).collect();
    let times = (0..SAMPLES).map(|_| once(|| site.host.store.append(site.now(), &events).expect("it is appended")).1);
    Spread::of(times.map(|took| took.as_secs_f64()).collect()).median()
}

fn started(site: &Site, number: usize) -> Event {
    Event::RunStarted {
        run: RunId::from_bytes((number as u128).to_be_bytes()),
        agent: "idle".to_owned(),
        plugin: "guest".to_owned(),
        component: Digest::of(&site.idle),
        role: "worker".to_owned(),
        policy: site.policy.digest(),
        on_behalf_of: None,
        actor: "bench".to_owned(),
        dir: "a part".to_owned(),
    }
}

fn worktree_and_call(site: &Site) -> (f64, f64) {
    let worktrees = Worktrees::open(&site.bed.beside("worktrees")).expect("a folder");
    let objects = site.host.repository.objects().as_ref();
    let made = || worktrees.make(objects, &site.base, "part").expect("a worktree");
    let times = (0..SAMPLES).map(|_| {
        let ((), took) = once(|| {
            drop(made());
            worktrees.remove("part").expect("it goes");
        });
        took.as_secs_f64()
    });
    let worktree = Spread::of(times.collect()).median();
    let checkout = made();
    let workspace = Workspace::open(checkout.dir()).expect("a workspace");
    let agent = site.sandbox.load_agent(&site.idle).expect("the machine holds");
    let agent = agent.unwrap_or_else(|unusable| panic!("{unusable}"));
    let (task, grants) = (Task::new("idle", "null").expect("a task"), grants(site, &agent));
    let times = (0..SAMPLES).map(|_| {
        let (account, took) = once(|| {
            let surroundings = Surroundings {
                workspace: Some(&workspace),
                ..Surroundings::default()
            };
            site.sandbox.run(&agent, &task, grants.clone(), surroundings)
        });
        drop(account.expect("the host holds"));
        took.as_secs_f64()
    });
    (worktree, Spread::of(times.collect()).median())
}

fn grants(site: &Site, agent: &Agent) -> Grants {
    let description = agent.description();
    let asked = Request {
        plugin: &description.name,
        requires: &description.requires,
        wants: &description.wants,
        imports: agent.imports(),
    };
    Grants::resolve(&site.policy, "worker", asked).expect("grants")
}

fn prepared(site: &Site, roster: &Roster, council: &str) -> Prepared {
    let objects = site.host.repository.objects();
    let (policy, source) = policy_in(objects.as_ref(), Some(site.base)).expect("a policy");
    let given = Given {
        terms: terms_of(&policy, Some(council)).expect("the council is there"),
        policy: Arc::new(policy),
        source,
        documents: BTreeMap::new(),
        keeps_documents: false,
        now: site.now(),
        outlook: assize::waiver::Outlook::default(),
    };
    let matter = Matter {
        objects: Arc::<assize_provenance::git::GitObjects>::clone(objects),
        range: Range {
            kind: RangeKind::TwoDot,
            base: Some(site.base),
            head: site.base,
        },
    };
    prepare(&matter, roster, given).expect("a case")
}

/// A hearing whose entries go nowhere yet.
fn heard(site: &Site, prepared: &Prepared) -> Sheaf {
    let actor = Actor {
        kind: ActorKind::Host,
        name: "bench".to_owned(),
    };
    let case = std::cell::RefCell::new(None);
    let concluded = recorded::hear(
        &site.sandbox,
        prepared,
        site.host.clerk.chain(),
        &actor,
        &|| Ok(assize_provenance::time::Time::from_unix_seconds(Clock::System.unix_seconds()).expect("a time")),
        &|sheaf, _| {
            case.replace(Some(sheaf));
            Ok(())
        },
    );
    let mut sheaf = concluded.expect("a verdict").sheaf;
    let case = case.into_inner().expect("the case is sealed first");
    sheaf.entries.splice(0..0, case.entries);
    sheaf.documents.splice(0..0, case.documents);
    sheaf
}
