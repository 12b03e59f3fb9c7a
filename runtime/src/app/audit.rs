//! Reading the chain.
