//! What language runtimes find of WASI: nothing that a role does not give.
