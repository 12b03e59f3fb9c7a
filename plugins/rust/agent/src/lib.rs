//! What an agent written in Rust stands on: the contract's types, the workspace with walks and whole files, state, artifacts,
//! commands, requests, and the board that agents share.
//!
//! An agent is two functions, `describe` and `run`, handed to [`export!`]. The second takes the powers that it uses as traits,
//! so it runs natively in a test, over a workspace in memory, as it runs in the sandbox.

pub mod artifacts;
#[allow(
    missing_docs,
    clippy::all,
    clippy::pedantic,
    reason = "generated from wit/, where the documentation stands"
)]
pub mod bindings;
pub mod board;
pub mod field;
pub mod file;
pub mod host;
pub mod http;
#[cfg(not(target_family = "wasm"))]
pub mod memory;
pub mod path;
pub mod path_set;
// One source for both worlds. A crate of its own between them would change the bytes of every judge.
#[path = "../../judge/src/pattern.rs"]
pub mod pattern;
pub mod process;
pub mod state;
pub mod telling;
pub mod walk;
pub mod workspace;

pub use artifacts::Artifacts;
pub use bindings::Fault;
pub use bindings::assize::plugin::types::{Denial, Description, Refusal};
pub use bindings::assize::plugin::work::{Outcome, Task};
pub use board::{Decisions, Knowledge, Messages, Status, Tasks, Workflows};
pub use host::Host;
pub use http::Http;
pub use path_set::PathSet;
pub use process::Process;
pub use state::State;
pub use workspace::{Existing, Workspace};

/// Says why the host refused, for people: a power that is missing with the line of the policy that would grant it.
#[must_use]
pub fn why(refusal: &Refusal) -> String {
    match refusal {
        Refusal::Denied(denial) => format!("{} is not granted; {}", denial.permission, denial.needs),
        Refusal::Limit(text)
        | Refusal::Invalid(text)
        | Refusal::NotFound(text)
        | Refusal::Conflict(text)
        | Refusal::Unavailable(text) => text.clone(),
    }
}

/// Makes a component of two functions: `describe() -> Description` and `run(&Task, &Host) -> Result<Outcome, Fault>`, where
/// the second may ask for any of the traits that [`Host`] has: what it never calls, the component does not import. Outside of
/// WebAssembly it makes nothing, so that several agents fit into one native test.
#[macro_export]
macro_rules! export {
    ($describe:ident, $run:ident) => {
        #[cfg(target_family = "wasm")]
        mod component {
            struct Component;

            impl $crate::bindings::Guest for Component {
                fn describe() -> $crate::Description {
                    super::$describe()
                }

                fn run(task: $crate::Task) -> Result<$crate::Outcome, $crate::Fault> {
                    super::$run(&task, &$crate::Host)
                }
            }

            $crate::bindings::export_component!(Component with_types_in $crate::bindings);
        }
    };
}
