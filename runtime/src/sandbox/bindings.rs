//! Generated from `wit/`; nothing by hand.

wasmtime::component::bindgen!({
    path: "../wit",
    world: "judge",
    imports: { default: trappable },
});
