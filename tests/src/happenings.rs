//! Events for the store: single ones, and histories by chance with the dullest model of what must be listed after them.

use std::collections::BTreeMap;

use assize::event::{Event, RunId};
use assize::store::{ArtifactDraft, StateChange, StateRefusal, Store};
use assize_provenance::digest::Digest;
use assize_provenance::time::Time;

use crate::dice::Dice;
use crate::steps::Flows;

/// How much an agent of a history may remember, in bytes.
const STATE_BYTES_MAX: u64 = 4000;
/// Permissions that a history uses.
const PERMISSIONS: &[&str] = &["workspace.read", "workspace.write", "state.set", "artifacts.store"];

/// A moment, in seconds after an arbitrary one.
///
/// # Panics
///
/// When it is beyond the calendar.
#[must_use]
pub fn moment(seconds: u64) -> Time {
    let seconds = i64::try_from(seconds).expect("a moment");
    Time::from_unix_seconds(1_750_000_000 + seconds).expect("within the calendar")
}

/// The run with this number.
#[must_use]
pub fn run(number: u64) -> RunId {
    let mut bytes = [0; 16];
    bytes[8..].copy_from_slice(&number.to_be_bytes());
    RunId::from_bytes(bytes)
}

/// The start of a run.
#[must_use]
pub fn started(number: u64, agent: &str) -> Event {
    Event::RunStarted {
        run: run(number),
        agent: agent.to_owned(),
        plugin: "codemod".to_owned(),
        component: Digest::of(b"component"),
        role: "developer".to_owned(),
        policy: Digest::of(b"policy"),
        on_behalf_of: None,
        actor: "someone".to_owned(),
        dir: "/work".to_owned(),
    }
}

/// An access of a run.
#[must_use]
pub fn access(number: u64, agent: &str, permission: &str, granted: bool) -> Event {
    Event::AccessChecked {
        run: run(number),
        agent: agent.to_owned(),
        role: "developer".to_owned(),
        permission: permission.to_owned(),
        resource: format!("src/{number}.rs"),
        granted,
        reason: "line 7".to_owned(),
        times: 1,
    }
}

/// The end of a run.
#[must_use]
pub fn ended(number: u64, agent: &str) -> Event {
    Event::RunEnded {
        run: run(number),
        agent: agent.to_owned(),
        outcome: "finished".to_owned(),
        detail: String::new(),
        fuel_spent: 1000 + number,
        host_calls: 3,
        log_lines: 1,
        log_dropped: 0,
    }
}

/// A change of what an agent remembers.
#[must_use]
pub fn change(number: u64, agent: &str, key: &str, value: Option<&[u8]>) -> StateChange {
    StateChange {
        run: run(number),
        agent: agent.to_owned(),
        key: key.to_owned(),
        value: value.map(<[u8]>::to_vec),
        expected: None,
        bytes_max: STATE_BYTES_MAX,
    }
}

/// An artifact of a run.
#[must_use]
pub fn draft(number: u64, agent: &str, name: &str, contents: &[u8]) -> ArtifactDraft {
    ArtifactDraft {
        run: run(number),
        agent: agent.to_owned(),
        name: name.to_owned(),
        media_type: "text/plain".to_owned(),
        contents: contents.to_vec(),
    }
}

/// A key's version and its value.
type Remembered = (u64, Option<Vec<u8>>);

/// What must be listed, kept in plain maps.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Model {
    /// Runs: the agent, granted and refused accesses, and whether it ended.
    pub runs: BTreeMap<RunId, (String, u64, u64, bool)>,
    /// Who used what: granted and refused.
    pub usage: BTreeMap<(String, String), (u64, u64)>,
    /// What agents remember, with versions.
    pub state: BTreeMap<(String, String), Remembered>,
    /// Runs of workflows.
    pub flows: Flows,
    /// How many artifacts were stored.
    pub artifacts: usize,
    /// How many events there are.
    pub events: u64,
}

impl Model {
    /// Lets one thing happen, by chance, in the store and in the model.
    ///
    /// # Panics
    ///
    /// When the store fails, or answers otherwise than the model.
    pub fn step(&mut self, store: &Store, dice: &mut Dice) {
        let (number, at) = (dice.roll() % 8, moment(dice.roll() % 1000));
        let agent = format!("agent-{}", dice.below(3));
        match dice.below(8) {
            0 => self.append(store, at, &[started(number, &agent)]),
            1 => self.append(store, at, &[ended(number, &agent)]),
            2 => self.store_artifact(store, at, number, &agent, dice),
            3 => self.set(store, at, number, &agent, dice),
            4 | 5 => self.events += self.flows.step(store, at, number, dice),
            _ => {
                let accesses: Vec<Event> = (0..=dice.below(4))
                    .map(|_| {
                        let permission = PERMISSIONS[dice.below(PERMISSIONS.len())];
                        let mut event = access(number, &agent, permission, dice.below(3) > 0);
                        if let Event::AccessChecked { times, .. } = &mut event {
                            *times = 1 + dice.roll() % 9;
                        }
                        event
                    })
                    .collect();
                self.append(store, at, &accesses);
            }
        }
    }

    fn append(&mut self, store: &Store, at: Time, events: &[Event]) {
        let sequences = store.append(at, events).expect("appends");
        let expected: Vec<u64> = (self.events + 1..=self.events + events.len() as u64).collect();
        assert_eq!(sequences, expected);
        for event in events {
            self.events += 1;
            match event {
                Event::RunStarted { run, agent, .. } => {
                    self.runs.entry(*run).or_insert((agent.clone(), 0, 0, false));
                }
                Event::AccessChecked {
                    run,
                    agent,
                    permission,
                    granted,
                    times,
                    ..
                } => {
                    let (granted, denied) = if *granted { (*times, 0) } else { (0, *times) };
                    let used = self.usage.entry((agent.clone(), permission.clone())).or_default();
                    *used = (used.0 + granted, used.1 + denied);
                    if let Some(run) = self.runs.get_mut(run) {
                        (run.1, run.2) = (run.1 + granted, run.2 + denied);
                    }
                }
                Event::RunEnded { run, .. } => {
                    if let Some(run) = self.runs.get_mut(run) {
                        run.3 = true;
                    }
                }
                Event::StateSet { .. }
                | Event::ArtifactStored { .. }
                | Event::CommandRun { .. }
                | Event::RequestSent { .. }
                | Event::HostCalled { .. }
                | Event::Transcribed { .. }
                | Event::Workflow(_)
                | Event::Board { .. } => {}
            }
        }
    }

    fn store_artifact(&mut self, store: &Store, at: Time, number: u64, agent: &str, dice: &mut Dice) {
        let contents = vec![b'x'; dice.below(20) * 500];
        let digest = store
            .artifact_store(at, draft(number, agent, "report", &contents))
            .expect("stores");
        assert_eq!(digest, Digest::of(&contents));
        self.artifacts += 1;
        self.events += 1;
    }

    fn set(&mut self, store: &Store, at: Time, number: u64, agent: &str, dice: &mut Dice) {
        let key = format!("key-{}", dice.below(9));
        let value = (dice.below(3) > 0).then(|| vec![7; dice.below(1500)]);
        let mut change = change(number, agent, &key, value.as_deref());
        let place = (agent.to_owned(), key);
        let found = self.state.get(&place).map_or(0, |(version, _)| *version);
        change.expected = (dice.below(4) == 0).then(|| dice.roll() % 3);
        let expected = change.expected.filter(|expected| *expected != found);
        let answer = store.state_set(at, change).expect("sets");
        if let Some(expected) = expected {
            assert_eq!(answer, Err(StateRefusal::Conflict { found, expected }));
            return;
        }
        let before = self.size(agent);
        let old = self.state.insert(place.clone(), (found + 1, value));
        let after = self.size(agent);
        if after > STATE_BYTES_MAX && after > before {
            let (bytes, bytes_max) = (after, STATE_BYTES_MAX);
            assert_eq!(answer, Err(StateRefusal::OverQuota { bytes, bytes_max }));
            match old {
                Some(old) => self.state.insert(place, old),
                None => self.state.remove(&place),
            };
            return;
        }
        assert_eq!(answer, Ok(found + 1));
        self.events += 1;
    }

    fn size(&self, agent: &str) -> u64 {
        let own = self.state.iter().filter(|((owner, _), _)| owner == agent);
        own.map(|((_, key), (_, value))| (key.len() + value.as_ref().map_or(0, Vec::len)) as u64)
            .sum()
    }

    /// Insists that the store lists what the model holds.
    ///
    /// # Panics
    ///
    /// When it does not.
    pub fn agrees(&self, store: &Store) {
        let runs = store.runs(&Default::default(), None, 1000).expect("lists");
        let runs = runs
            .into_iter()
            .map(|run| (run.run, (run.agent, run.granted, run.denied, run.end.is_some())));
        assert_eq!(runs.collect::<BTreeMap<_, _>>(), self.runs);
        self.flows.agree(store);
        let usage = store.usage(None, None, 1000).expect("lists");
        let usage = usage
            .into_iter()
            .map(|used| ((used.agent, used.permission), (used.granted, used.denied)));
        assert_eq!(usage.collect::<BTreeMap<_, _>>(), self.usage);
        for ((agent, key), (version, value)) in &self.state {
            let item = store.state_get(agent, key).expect("reads");
            let expected = value.clone().map(|value| (*version, value));
            assert_eq!(item.map(|item| (item.version, item.value)), expected, "{agent} {key}");
        }
        assert_eq!(store.artifacts(None, 0, 1000).expect("lists").len(), self.artifacts);
    }
}

/// Reads every event, page by page.
///
/// # Panics
///
/// When the store fails.
#[must_use]
pub fn all_events(store: &Store) -> Vec<assize::event::Recorded> {
    let mut all: Vec<assize::event::Recorded> = Vec::new();
    loop {
        let after = all.last().map_or(0, |last| last.sequence);
        let page = store.events(&Default::default(), after, 1000).expect("reads");
        if page.is_empty() {
            return all;
        }
        all.extend(page);
    }
}

/// Insists that nothing is wrong with the store: numbers without gaps, an unbroken chain, and listings that are what the
/// events say.
///
/// # Panics
///
/// When something is.
pub fn insist_on_soundness(store: &Store, when: &str) {
    let checked = store.check().expect("can be checked");
    assert!(checked.is_sound(), "{when}: {:?}", checked.problems);
    let sequences: Vec<u64> = all_events(store).iter().map(|recorded| recorded.sequence).collect();
    assert_eq!(sequences, (1..=checked.events).collect::<Vec<_>>(), "{when}");
    let rebuilt = store.rebuild().expect("can be rebuilt");
    assert!(rebuilt.is_identical(), "{when}: {:?}", rebuilt.differences);
    assert_eq!(rebuilt.events, checked.events, "{when}");
}
