//! The hostile kit: attacks by hostile components and hostile surroundings, for anyone to run on their own machine.
//!
//! ```text
//! Attack ─▶ Ground (a workspace amid files that nobody may touch) ─▶ hostile guest ─▶ what the host answered
//!    └──────── held, when the answer is the expected refusal or a bounded end, nothing outside changed,
//!              no secret came out, and the next call works
//! ```
//!
//! [`attacks`] is the list; `policies/HOSTILE.md` is written from it. A guest judges nothing itself: it does what it is told
//! and reports the answers (`plugins/rust/hostile`), so an attack is one row here.

mod attacks;
mod bytes;
mod ground;
pub mod misdeeds;
mod names;
mod picture;
mod reference;
mod room;
pub mod server;
mod steps;
mod tried;

pub use attacks::attacks;
pub use ground::Ground;
pub use reference::reference;
pub use room::{Room, RoomFault, run_all};

/// What an attack is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// Ways out of the workspace by the words of a path.
    Paths,
    /// Ways out of the workspace by what lies in it: links, devices, pipes.
    Surroundings,
    /// Ways into `.git` and `.assize`.
    Guarded,
    /// Using the machine up from inside the guest.
    Exhaustion,
    /// Using the machine up through host functions.
    Floods,
    /// Values that no compiler would hand over.
    Boundary,
    /// The doors of WASI.
    Wasi,
    /// Lies about what a component is.
    Metadata,
    /// Bytes that are no honest component.
    Components,
    /// Policies, and on whose behalf an agent works.
    Rules,
    /// Which commands are started.
    Commands,
    /// What a command can reach.
    Confinement,
    /// Requests to servers outside.
    Network,
    /// What nobody but a server may learn.
    Secrets,
    /// The host's own files.
    Host,
}

impl Family {
    /// Every family, in the order of the reference.
    pub const ALL: [Self; 15] = [
        Self::Paths,
        Self::Surroundings,
        Self::Guarded,
        Self::Exhaustion,
        Self::Floods,
        Self::Boundary,
        Self::Wasi,
        Self::Metadata,
        Self::Components,
        Self::Rules,
        Self::Commands,
        Self::Confinement,
        Self::Network,
        Self::Secrets,
        Self::Host,
    ];

    /// Whether its attacks run commands that the policy names.
    #[must_use]
    pub fn runs_commands(self) -> bool {
        matches!(self, Self::Commands | Self::Confinement)
    }

    /// The family's heading in the reference.
    #[must_use]
    pub fn heading(self) -> &'static str {
        match self {
            Self::Paths => "Paths that lead out",
            Self::Surroundings => "Links, devices and changes behind the host's back",
            Self::Guarded => "`.git` and `.assize`",
            Self::Exhaustion => "Using up the machine from inside",
            Self::Floods => "Using up the machine through the host",
            Self::Boundary => "Values that no compiler would hand over",
            Self::Wasi => "The doors of WASI",
            Self::Metadata => "Lies about what a component is",
            Self::Components => "Bytes that are no honest component",
            Self::Rules => "Policies, and on whose behalf",
            Self::Commands => "Commands that nobody granted",
            Self::Confinement => "Commands that turn on their host",
            Self::Network => "Requests that lead elsewhere",
            Self::Secrets => "Secrets",
            Self::Host => "The host's own files, and others at work",
        }
    }
}

/// One attack.
#[derive(Debug, Clone, Copy)]
pub struct Attack {
    /// Its name, in lower-case letters, digits and hyphens.
    pub id: &'static str,
    /// What it is about.
    pub family: Family,
    /// What it tries, as a sentence.
    pub tries: &'static str,
    /// What stops it, as a sentence that names the mechanism.
    pub stopped_by: &'static str,
    /// Makes the attack, and judges the answers: how the host held, or what got through.
    pub act: fn(&Ground) -> Result<String, String>,
}

/// How one attack ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The attack.
    pub id: &'static str,
    /// What it tried.
    pub tries: &'static str,
    /// What stops it.
    pub stopped_by: &'static str,
    /// Whether it was stopped, nothing outside changed, and the next call worked.
    pub held: bool,
    /// What the host answered, or what got through.
    pub answer: String,
}
