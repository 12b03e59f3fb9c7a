//! Finding secrets again, in whatever comes back or goes on record.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::Arc;

use aho_corasick::automaton::{Automaton, StateID};
use aho_corasick::nfa::contiguous::NFA;
use aho_corasick::{Anchored, MatchKind};

use super::{Value, disguise};

/// How many bytes of a piece are looked at before what is safe of them is passed on.
const AT_ONCE_BYTES: usize = 4 << 10;

/// Finds the values of secrets in bytes and puts their names in their place. Cheap to clone.
///
/// It holds what it looks for in a form of its own, which lives as long as the call and is not wiped.
#[derive(Clone, Default)]
pub struct Masker(Arc<Finder>);

/// How values are found.
#[derive(Default)]
enum Finder {
    /// There are none.
    #[default]
    Nothing,
    /// All at once, in one pass.
    Automaton {
        automaton: Box<NFA>,
        /// Where the automaton starts.
        start: StateID,
        /// What is put in place of each pattern.
        names: Vec<Arc<str>>,
    },
    /// Values are there that cannot be looked for, so nothing is shown at all.
    Everything,
}

impl fmt::Debug for Masker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_empty() {
            "Masker(nothing)"
        } else {
            "Masker(secrets)"
        })
    }
}

impl Masker {
    /// Finds these secrets, as they are and in their usual disguises.
    #[must_use]
    pub fn of<'a>(secrets: impl Iterator<Item = (&'a str, &'a Value)>) -> Self {
        let mut patterns: BTreeMap<Vec<u8>, Arc<str>> = BTreeMap::new();
        for (name, value) in secrets {
            let name: Arc<str> = format!("{{{{secret:{name}}}}}").into();
            for form in disguise::forms(value.expose()) {
                patterns.entry(form).or_insert_with(|| Arc::clone(&name));
            }
        }
        if patterns.is_empty() {
            return Self::default();
        }
        let automaton = NFA::builder()
            .match_kind(MatchKind::Standard)
            .prefilter(false)
            .build(patterns.keys());
        let finder = match automaton.ok().and_then(started) {
            Some((automaton, start)) => Finder::Automaton {
                automaton: Box::new(automaton),
                start,
                names: patterns.into_values().collect(),
            },
            None => Finder::Everything,
        };
        Self(Arc::new(finder))
    }

    /// Whether there is nothing to find.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        matches!(*self.0, Finder::Nothing)
    }

    /// Whether these bytes hold a secret.
    #[must_use]
    pub fn finds(&self, bytes: &[u8]) -> bool {
        match &*self.0 {
            Finder::Nothing => false,
            Finder::Automaton { automaton, start, .. } => {
                let mut state = *start;
                bytes.iter().any(|byte| {
                    state = automaton.next_state(Anchored::No, state, *byte);
                    automaton.is_match(state)
                })
            }
            Finder::Everything => !bytes.is_empty(),
        }
    }

    /// The text, masked.
    #[must_use]
    pub fn mask_text(&self, text: &str) -> String {
        if !self.finds(text.as_bytes()) {
            return text.to_owned();
        }
        String::from_utf8_lossy(&self.mask(text.as_bytes())).into_owned()
    }

    /// The bytes, masked.
    #[must_use]
    pub fn mask(&self, bytes: &[u8]) -> Vec<u8> {
        // Most bytes hold none, and that is told faster.
        if !self.finds(bytes) {
            return bytes.to_vec();
        }
        let mut stream = self.stream();
        let mut masked = stream.push(bytes);
        masked.extend(stream.finish());
        masked
    }

    /// Masks bytes that come piece by piece.
    #[must_use]
    pub fn stream(&self) -> MaskStream {
        let state = match &*self.0 {
            Finder::Automaton { start, .. } => *start,
            Finder::Nothing | Finder::Everything => StateID::default(),
        };
        MaskStream {
            masker: self.clone(),
            state,
            held: VecDeque::new(),
            passed: 0,
            found: VecDeque::new(),
        }
    }
}

fn started(automaton: NFA) -> Option<(NFA, StateID)> {
    let start = automaton.start_state(Anchored::No).ok()?;
    Some((automaton, start))
}

/// Masks bytes that come piece by piece: a secret is found also where it lies across pieces. What comes out is the same
/// however the bytes are cut. Fewer bytes are held back than the longest form of a secret has.
pub struct MaskStream {
    masker: Masker,
    state: StateID,
    /// What could still become part of a secret.
    held: VecDeque<u8>,
    /// How many bytes are held no more: the place of the first one that is.
    passed: u64,
    /// Secrets in what is held, in order and apart from one another.
    found: VecDeque<Found>,
}

/// A stretch of bytes that is covered by secrets.
struct Found {
    start: u64,
    end: u64,
    name: Arc<str>,
}

impl fmt::Debug for MaskStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MaskStream")
            .field("masker", &self.masker)
            .field("held_bytes", &self.held.len())
            .finish_non_exhaustive()
    }
}

impl MaskStream {
    /// Takes a piece, and returns what is safe to pass on.
    #[must_use]
    pub fn push(&mut self, piece: &[u8]) -> Vec<u8> {
        let finder = Arc::clone(&self.masker.0);
        let (automaton, names) = match &*finder {
            Finder::Nothing => return piece.to_vec(),
            Finder::Everything => return vec![b'*'; usize::from(!piece.is_empty())],
            Finder::Automaton { automaton, names, .. } => (automaton, names),
        };
        let mut out = Vec::with_capacity(piece.len());
        let reach = (automaton.max_pattern_len() as u64).saturating_sub(1);
        for part in piece.chunks(AT_ONCE_BYTES) {
            let mut end = self.passed.saturating_add(self.held.len() as u64);
            self.held.extend(part);
            for byte in part {
                end = end.saturating_add(1);
                self.state = automaton.next_state(Anchored::No, self.state, *byte);
                if !automaton.is_match(self.state) {
                    continue;
                }
                for index in 0..automaton.match_len(self.state) {
                    let pattern = automaton.match_pattern(self.state, index);
                    let start = end.saturating_sub(automaton.pattern_len(pattern) as u64);
                    if let Some(name) = names.get(pattern.as_usize()) {
                        self.cover(start, end, name);
                    }
                }
            }
            // No secret that is still to be found starts before this place.
            self.pass(end.saturating_sub(reach), &mut out);
        }
        out
    }

    /// Returns the rest.
    #[must_use]
    pub fn finish(mut self) -> Vec<u8> {
        let mut out = Vec::new();
        let end = self.passed.saturating_add(self.held.len() as u64);
        self.pass(end, &mut out);
        out
    }

    /// Notes a secret. Those that overlap become one stretch, so that no part of either stays; it has the name of the first.
    fn cover(&mut self, start: u64, end: u64, name: &Arc<str>) {
        let mut found = Found {
            start,
            end,
            name: Arc::clone(name),
        };
        while let Some(last) = self.found.back() {
            if last.end <= found.start {
                break;
            }
            if last.start <= found.start {
                found.name = Arc::clone(&last.name);
                found.start = last.start;
            }
            self.found.pop_back();
        }
        self.found.push_back(found);
    }

    /// Passes on what stands before `until`, where every secret that starts there is known.
    fn pass(&mut self, until: u64, out: &mut Vec<u8>) {
        while let Some((start, end)) = self.found.front().map(|found| (found.start, found.end)) {
            if start >= until {
                break;
            }
            out.extend(self.take(start));
            // A stretch that reaches behind `until` can still grow; the bytes that it covers are needed no more.
            drop(self.take(end.min(until)));
            if end > until {
                return;
            }
            if let Some(found) = self.found.pop_front() {
                out.extend_from_slice(found.name.as_bytes());
            }
        }
        out.extend(self.take(until));
    }

    /// Takes the held bytes before the place `until`.
    fn take(&mut self, until: u64) -> impl Iterator<Item = u8> {
        let count = until.saturating_sub(self.passed).min(self.held.len() as u64);
        self.passed = self.passed.saturating_add(count);
        self.held.drain(..usize::try_from(count).unwrap_or(usize::MAX))
    }
}

#[cfg(test)]
mod tests;
