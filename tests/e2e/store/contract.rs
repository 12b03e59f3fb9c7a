//! The contract. Every test takes a way to open stores, so that another database joins by one more line.
