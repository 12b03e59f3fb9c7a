//! What every language of Assize does alike: policies, workflows. A file is opened, its version is looked at, its tables are
//! walked key by key, and whatever is wrong is noted with its place, a stable code and a way out. Pure.

pub mod describe;
pub mod digits;
pub mod nearest;
pub mod opening;
pub mod problems;
pub mod section;

/// A language: what it is called, and its own codes of the rules that every language has.
#[derive(Debug)]
pub struct Language {
    /// Its name, such as `policy`.
    pub name: &'static str,
    /// The version that is read.
    pub version: u64,
    /// The largest file, in bytes.
    pub bytes_max: usize,
    /// The file is too large.
    pub too_large: &'static str,
    /// The file is no UTF-8.
    pub not_utf8: &'static str,
    /// The file is no TOML.
    pub not_toml: &'static str,
    /// The version is another one.
    pub unknown_version: &'static str,
    /// A key is not known.
    pub unknown_key: &'static str,
    /// A key belongs to a later part of the language.
    pub later_key: &'static str,
    /// A key is missing.
    pub missing_key: &'static str,
    /// A value is of the wrong type.
    pub wrong_type: &'static str,
    /// A number is out of range.
    pub out_of_range: &'static str,
    /// There are too many of something.
    pub too_many: &'static str,
}
