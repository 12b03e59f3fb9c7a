//! The agent's contract and the doors of WASI, for the hostile guests. A guest imports what it calls and no more.

/// Generated from the contract in `wit/` and from the part of WASI written down beside this crate.
#[allow(
    missing_docs,
    clippy::all,
    clippy::pedantic,
    reason = "generated from wit/, where the documentation stands"
)]
pub mod generated {
    wit_bindgen::generate!({
        path: ["../../../wit", "wit"],
        world: "hostile:outside/agent-with-wasi",
        generate_all,
        pub_export_macro: true,
        export_macro_name: "export_component",
        default_bindings_module: "hostile_bindings::generated",
    });
}

/// Makes a component of two functions: `describe() -> Description` and `run(Task) -> Result<Outcome, Fault>`. Outside of
/// WebAssembly it makes nothing.
#[macro_export]
macro_rules! export {
    ($describe:ident, $run:ident) => {
        #[cfg(target_family = "wasm")]
        mod component {
            use $crate::generated::{Description, Fault, Guest, Outcome, Task};

            struct Component;

            impl Guest for Component {
                fn describe() -> Description {
                    super::$describe()
                }

                fn run(task: Task) -> Result<Outcome, Fault> {
                    super::$run(task)
                }
            }

            $crate::generated::export_component!(Component with_types_in $crate::generated);
        }
    };
}
