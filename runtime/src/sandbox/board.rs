//! The board that agents share, as a call reaches it.

use super::desk::{Declined, StoreDesk};
use super::journal::Noting;
use crate::plan::TaskState;
use crate::store::{
    Act, Author, BOARD_ROWS_MAX, BoardDecision, BoardMessage, BoardRefusal, BoardTask, Known, PAGE_ROWS_MAX, TeamMember,
};

/// The board of one run: it knows whose run it is. What was done is on disk when a function returns. A desk that has none says
/// so.
pub trait Board {
    /// The agent whose run it is.
    fn agent(&self) -> &str {
        ""
    }

    /// Does something: gives the number of what was created, the version of what was written, and the number of the record
    /// otherwise. The notes of `noting` are recorded with it.
    ///
    /// # Errors
    ///
    /// Why it is not done, or when the machine failed.
    fn act(&mut self, _act: Act, _noting: Noting<u64>) -> Result<u64, Declined> {
        Err(no_board())
    }

    /// The task of that number.
    ///
    /// # Errors
    ///
    /// `NotFound` when there is none, or when the machine failed.
    fn task(&mut self, _id: u64) -> Result<BoardTask, Declined> {
        Err(no_board())
    }

    /// Some of the tasks in that state, or in any: those behind `after`.
    ///
    /// # Errors
    ///
    /// When the machine failed.
    fn tasks(&mut self, _state: Option<TaskState>, _after: u64) -> Result<Vec<BoardTask>, Declined> {
        Err(no_board())
    }

    /// Some of the messages of a topic: those behind `after`.
    ///
    /// # Errors
    ///
    /// When the machine failed.
    fn messages(&mut self, _topic: &str, _after: u64) -> Result<Vec<BoardMessage>, Declined> {
        Err(no_board())
    }

    /// What is known under a key.
    ///
    /// # Errors
    ///
    /// When the machine failed.
    fn knowledge(&mut self, _key: &str) -> Result<Option<Known>, Declined> {
        Err(no_board())
    }

    /// The decision of that number.
    ///
    /// # Errors
    ///
    /// `NotFound` when there is none, or when the machine failed.
    fn decision(&mut self, _id: u64) -> Result<BoardDecision, Declined> {
        Err(no_board())
    }

    /// What everybody is doing.
    ///
    /// # Errors
    ///
    /// When the machine failed.
    fn team(&mut self) -> Result<Vec<TeamMember>, Declined> {
        Err(no_board())
    }
}

fn no_board() -> Declined {
    Declined::Unavailable("this call has no board".to_owned())
}

impl From<BoardRefusal> for Declined {
    fn from(refusal: BoardRefusal) -> Self {
        match refusal {
            BoardRefusal::Limit(text) => Self::Limit(text),
            BoardRefusal::Invalid(text) => Self::Invalid(text),
            BoardRefusal::NotFound(text) => Self::NotFound(text),
            BoardRefusal::Conflict(text) => Self::Conflict(text),
        }
    }
}

impl Board for StoreDesk {
    fn agent(&self) -> &str {
        &self.agent
    }

    fn act(&mut self, act: Act, noting: Noting<u64>) -> Result<u64, Declined> {
        let author = Author {
            run: self.run,
            agent: self.agent.clone(),
            role: self.role.clone(),
        };
        let notes = move |done: &Result<u64, BoardRefusal>| noting.notes(&done.clone().map_err(Declined::from));
        Ok(self.store.board_act_noted(self.now()?, author, act, notes)??)
    }

    fn task(&mut self, id: u64) -> Result<BoardTask, Declined> {
        self.store
            .board_task(id)?
            .ok_or_else(|| Declined::NotFound(format!("there is no task {id}")))
    }

    fn tasks(&mut self, state: Option<TaskState>, after: u64) -> Result<Vec<BoardTask>, Declined> {
        Ok(self.store.board_tasks(state, after, BOARD_ROWS_MAX)?)
    }

    fn messages(&mut self, topic: &str, after: u64) -> Result<Vec<BoardMessage>, Declined> {
        Ok(self.store.board_messages(topic, after, BOARD_ROWS_MAX)?)
    }

    fn knowledge(&mut self, key: &str) -> Result<Option<Known>, Declined> {
        Ok(self.store.board_knowledge(key)?)
    }

    fn decision(&mut self, id: u64) -> Result<BoardDecision, Declined> {
        self.store
            .board_decision(id)?
            .ok_or_else(|| Declined::NotFound(format!("there is no decision {id}")))
    }

    fn team(&mut self) -> Result<Vec<TeamMember>, Declined> {
        Ok(self.store.board_team(PAGE_ROWS_MAX)?)
    }
}
