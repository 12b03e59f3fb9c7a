//! Assize as a whole, through its library and its binary.

mod hostile_judges;
mod judge_cases;
mod readme;
mod tampering;
mod tidy;
