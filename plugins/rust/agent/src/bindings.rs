//! Generated from `wit/`; nothing here is written by hand.

wit_bindgen::generate!({
    path: "../../../wit",
    world: "agent",
    pub_export_macro: true,
    export_macro_name: "export_component",
    default_bindings_module: "assize_agent::bindings",
    additional_derives: [PartialEq, Eq],
});
