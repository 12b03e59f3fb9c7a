//! What a judge written in Rust stands on: the contract's types, evidence page by page, findings and the vote they make,
//! and what a path and a line of source tell.
//!
//! A judge is two functions, `describe` and `judge`, handed to [`export!`]. The second is an ordinary function over
//! [`Evidence`], so it runs natively in a test as it runs in the sandbox.

#[allow(
    missing_docs,
    clippy::all,
    clippy::pedantic,
    reason = "generated from wit/, where the documentation stands"
)]
pub mod bindings;
pub mod changes;
pub mod document;
pub mod evidence;
pub mod file;
pub mod findings;
pub mod language;
pub mod lexer;
pub mod literals;
pub mod pages;
pub mod patch;
pub mod path;
pub mod pattern;
pub mod settings;
pub mod source;
pub mod stopwatch;
pub mod words;

pub use bindings::assize::plugin::types::{
    Budget, Case, Contract, Criterion, Description, Finding, Location, Mention, Mode, Opinion, Parameter, Problem,
    Refusal, RuleSetting, Severity, Side, Vote, Waiver, WaiverState, WorkingSpec,
};
pub use changes::Changes;
pub use evidence::{Change, Evidence, Form, Kind, Status};
pub use findings::Findings;

/// Makes a component of two functions: `describe() -> Description` and `judge(&Case, &dyn Evidence) -> Opinion`. Outside of
/// WebAssembly it makes nothing, so that several judges fit into one native test.
#[macro_export]
macro_rules! export {
    ($describe:ident, $judge:ident) => {
        #[cfg(target_family = "wasm")]
        mod component {
            struct Component;

            impl $crate::bindings::Guest for Component {
                fn describe() -> $crate::Description {
                    super::$describe()
                }

                fn judge(case: $crate::Case) -> Result<$crate::Opinion, $crate::bindings::Fault> {
                    Ok(super::$judge(&case, &$crate::evidence::HostEvidence))
                }
            }

            $crate::bindings::export_component!(Component with_types_in $crate::bindings);
        }
    };
}
