//! A hearing: the case is sealed, every judge is asked once and alone, then the rule decides.

use std::collections::BTreeMap;

use assize_provenance::verdict::{Heard, Terms, Verdict, VerdictError, decide};

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The case is durable, with its index in the log.
    Sealed,
    /// A judge gave an opinion, or none and why.
    Heard {
        /// The judge's name on the council.
        judge: String,
        /// What came of it.
        heard: Heard,
    },
}

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Seal the case. No judge is asked before that, so nobody can choose inputs after seeing votes.
    Seal,
    /// Ask this judge. Judges are independent: all of these may run side by side.
    Ask {
        /// The judge's name on the council.
        judge: String,
    },
    /// Record the opinions in seat order, then this verdict.
    Close(Verdict),
}

/// An event that cannot happen in this state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IllegalEvent {
    /// The case was sealed before.
    #[error("the case is sealed already")]
    SealedTwice,
    /// A judge answered before the case was sealed.
    #[error("`{0}` answered before the case was sealed")]
    TooEarly(String),
    /// Nobody of that name sits on the council.
    #[error("`{0}` does not sit on this council")]
    Stranger(String),
    /// The judge answered before.
    #[error("`{0}` was heard already")]
    HeardTwice(String),
}

/// The state of one hearing.
#[derive(Debug, Clone)]
pub struct Hearing {
    terms: Terms,
    sealed: bool,
    heard: BTreeMap<String, Heard>,
}

impl Hearing {
    /// Opens a hearing under the terms that will be sealed with the case.
    #[must_use]
    pub fn open(terms: Terms) -> Self {
        Self {
            terms,
            sealed: false,
            heard: BTreeMap::new(),
        }
    }

    /// Takes in what happened.
    ///
    /// # Errors
    ///
    /// [`IllegalEvent`], and the state is as before.
    pub fn apply(&mut self, event: Event) -> Result<(), IllegalEvent> {
        match event {
            Event::Sealed if self.sealed => Err(IllegalEvent::SealedTwice),
            Event::Sealed => {
                self.sealed = true;
                Ok(())
            }
            Event::Heard { judge, .. } if !self.sealed => Err(IllegalEvent::TooEarly(judge)),
            Event::Heard { judge, .. } if !self.sits(&judge) => Err(IllegalEvent::Stranger(judge)),
            Event::Heard { judge, .. } if self.heard.contains_key(&judge) => Err(IllegalEvent::HeardTwice(judge)),
            Event::Heard { judge, heard } => {
                self.heard.insert(judge, heard);
                Ok(())
            }
        }
    }

    /// What to do next: seal, or ask whoever was not heard, or close.
    ///
    /// # Errors
    ///
    /// [`VerdictError`] when the terms themselves are impossible, such as two seats of one name.
    pub fn next(&self) -> Result<Vec<Action>, VerdictError> {
        if !self.sealed {
            return Ok(vec![Action::Seal]);
        }
        let waiting: Vec<Action> = self
            .terms
            .council
            .seats
            .iter()
            .filter(|seat| !self.heard.contains_key(&seat.judge))
            .map(|seat| Action::Ask {
                judge: seat.judge.clone(),
            })
            .collect();
        if !waiting.is_empty() {
            return Ok(waiting);
        }
        Ok(vec![Action::Close(decide(&self.terms, &self.in_seat_order())?)])
    }

    /// What was heard so far, in the order of the seats, whatever the order of arrival was.
    #[must_use]
    pub fn in_seat_order(&self) -> Vec<(String, Heard)> {
        let seats = self.terms.council.seats.iter();
        seats
            .filter_map(|seat| Some((seat.judge.clone(), self.heard.get(&seat.judge)?.clone())))
            .collect()
    }

    fn sits(&self, judge: &str) -> bool {
        self.terms.council.seats.iter().any(|seat| seat.judge == judge)
    }
}
