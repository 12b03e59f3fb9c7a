//! Long answers, page by page, as iterators: one page is held at a time.

use crate::evidence::{Change, Entry, Evidence, Hunk};
use crate::{Refusal, Side};

/// Items of a paged answer. It ends after the last item, or after the first refusal.
pub struct Pages<'a, T> {
    fetch: Box<dyn Fn(u32) -> Result<Page<T>, Refusal> + 'a>,
    buffered: std::vec::IntoIter<T>,
    next: Option<u32>,
}

type Page<T> = (Vec<T>, Option<u32>);

impl<'a, T> Pages<'a, T> {
    fn new(fetch: impl Fn(u32) -> Result<Page<T>, Refusal> + 'a) -> Self {
        Self {
            fetch: Box::new(fetch),
            buffered: Vec::new().into_iter(),
            next: Some(0),
        }
    }
}

impl<T> Iterator for Pages<'_, T> {
    type Item = Result<T, Refusal>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(item) = self.buffered.next() {
                return Some(Ok(item));
            }
            let from = self.next.take()?;
            match (self.fetch)(from) {
                Ok((items, next)) => {
                    self.buffered = items.into_iter();
                    // A host that does not advance would be asked for ever.
                    self.next = next.filter(|&next| next > from);
                }
                Err(refusal) => return Some(Err(refusal)),
            }
        }
    }
}

/// Every change of the case, in byte order of the paths.
pub fn changes(evidence: &dyn Evidence) -> Pages<'_, Change> {
    Pages::new(move |from| evidence.changes(from).map(|page| (page.changes, page.next)))
}

/// Every hunk of one changed text file, from top to bottom.
pub fn hunks<'a>(evidence: &'a dyn Evidence, path: &'a str) -> Pages<'a, Hunk> {
    Pages::new(move |from| evidence.hunks(path, from).map(|page| (page.hunks, page.next)))
}

/// Every entry of one folder, in git's order; the empty path is the root.
pub fn entries<'a>(evidence: &'a dyn Evidence, side: Side, path: &'a str) -> Pages<'a, Entry> {
    Pages::new(move |from| evidence.list(side, path, from).map(|page| (page.entries, page.next)))
}
