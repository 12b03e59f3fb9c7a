//! What an agent's call finds around it: its folder, its desk, and the ways out.

use super::desk::Desk;
use crate::egress::Egress;
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
