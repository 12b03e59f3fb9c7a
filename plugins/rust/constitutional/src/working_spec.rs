//! Which files are working specs: they come with the code they describe, and say what it is about.

/// Tells whether a file is a working spec or belongs to the tool that writes them.
pub(crate) fn is_working_spec(path: &str) -> bool {
    path.starts_with(".assize/spec.") || path.starts_with(".assize/specs/") || path.starts_with(".caws/")
}
