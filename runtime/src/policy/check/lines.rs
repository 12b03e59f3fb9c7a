//! The lines of a file by place.

/// Where each line of a text ends.
pub(super) struct Lines(Vec<usize>);

impl Lines {
    /// Finds the lines of `text`.
    pub(super) fn of(text: &str) -> Self {
        Self(text.match_indices('\n').map(|(position, _)| position).collect())
    }

    /// Returns the line of a byte of the text, counted from 1.
    pub(super) fn line_of(&self, position: usize) -> usize {
        self.0.partition_point(|end| *end < position).saturating_add(1)
    }
}
