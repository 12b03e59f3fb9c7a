//! Assize as a whole, through its library and its binary.

mod hostile_judges;
mod readme;
mod tidy;
