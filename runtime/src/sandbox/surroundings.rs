//! What an agent's call finds around it: its folder, its desk, its journal, and the ways out.

use super::desk::Desk;
use super::wasi::Moment;
use crate::egress::Egress;
use crate::host_call::Journal;
use crate::process::Commands;
use crate::secret::Secrets;
use crate::stop::Stop;
use crate::workspace::Workspace;

/// What an agent's call finds around it. What is missing is refused as unavailable.
#[derive(Default)]
pub struct Surroundings<'a> {
    /// The folder it works in.
    pub workspace: Option<&'a Workspace>,
    /// What outlives the call. Without one, the uses of powers stand in the account only.
    pub desk: Option<Box<dyn Desk>>,
    /// What is kept of its host calls so far, under the run of its desk: an empty one where it begins. Without one nothing is kept,
    /// and the call can neither go on after a kill nor be replayed.
    pub journal: Option<Journal>,
    /// The time and the randomness that a language runtime finds.
    pub moment: Moment,
    /// The ways out.
    pub outside: Outside,
    /// Ends the call, and the command that it waits for, before its time.
    pub stop: Stop,
}

/// The ways out of the sandbox. What a role does not grant is refused whatever is here.
#[derive(Debug, Clone, Default)]
pub struct Outside {
    /// What runs commands.
    pub commands: Option<Commands>,
    /// What sends requests.
    pub egress: Option<Egress>,
    /// The secrets that may enter requests, and that are masked wherever they come back.
    pub secrets: Secrets,
}
