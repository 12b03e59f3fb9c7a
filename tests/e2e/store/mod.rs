//! What must be true of the store, whichever database is behind it: the contract as one suite over a way to open one, and
//! what happens when processes work at once, are killed, or have a disk that fails.

mod contract;
