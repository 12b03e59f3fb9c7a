//! What a judge written in Rust stands on.

#[allow(missing_docs, clippy::all, reason = "generated from wit/, where the documentation stands")]
pub mod bindings;
pub mod evidence;

pub use bindings::assize::plugin::types::{
    Budget, Case, Description, Finding, Location, Mode, Opinion, Parameter, Refusal, RuleSetting, Severity, Side, Vote,
};
pub use evidence::Evidence;

/// Makes a component of two functions: `describe() -> Description` and `judge(&Case, &dyn Evidence) -> Opinion`.
#[macro_export]
macro_rules! export {
    ($describe:path, $judge:path) => {
        struct Component;

        impl $crate::bindings::Guest for Component {
            fn describe() -> $crate::Description {
                $describe()
            }

            fn judge(case: $crate::Case) -> Result<$crate::Opinion, $crate::bindings::Fault> {
                Ok($judge(&case, &$crate::evidence::HostEvidence))
            }
        }

        $crate::bindings::export_component!(Component with_types_in $crate::bindings);
    };
}
