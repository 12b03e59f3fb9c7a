//! What was read lately, bounded by its bytes. It saves time and changes no answer.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use assize_provenance::reader::ObjectId;

use super::pages::Piece;
use crate::case::tree_diff::Entry;

/// The most bytes that are kept.
pub(super) const SHELF_BYTES_MAX: usize = 16 << 20;

/// What a thing on the shelf is found by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Key {
    Contents(ObjectId),
    Folder(ObjectId),
    /// The hunks between two contents; none stands for an empty side.
    Hunks(Option<ObjectId>, Option<ObjectId>),
}

/// One thing on the shelf.
#[derive(Debug, Clone)]
pub(super) enum Item {
    Contents(Arc<Vec<u8>>),
    Folder(Arc<Vec<Entry>>),
    Hunks(Arc<Vec<Piece>>),
}

impl Item {
    fn bytes(&self) -> usize {
        match self {
            Self::Contents(contents) => contents.len(),
            Self::Folder(entries) => entries.iter().map(|entry| size_of::<Entry>() + entry.name.len()).sum(),
            Self::Hunks(pieces) => pieces.len() * size_of::<Piece>(),
        }
    }
}

/// Forgets what was put on it first when it is full.
#[derive(Debug, Default)]
pub(super) struct Shelf {
    items: HashMap<Key, Item>,
    order: VecDeque<Key>,
    bytes: usize,
}

impl Shelf {
    pub(super) fn get(&self, key: &Key) -> Option<&Item> {
        self.items.get(key)
    }

    /// Keeps an item, unless it alone would fill more than half the shelf.
    pub(super) fn put(&mut self, key: Key, item: Item) {
        let bytes = item.bytes();
        if bytes > SHELF_BYTES_MAX / 2 || self.items.contains_key(&key) {
            return;
        }
        while self.bytes + bytes > SHELF_BYTES_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            if let Some(gone) = self.items.remove(&oldest) {
                self.bytes -= gone.bytes();
            }
        }
        self.bytes += bytes;
        self.order.push_back(key.clone());
        self.items.insert(key, item);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> Key {
        Key::Contents(ObjectId::from_bytes([byte; 20]))
    }

    fn item(bytes: usize) -> Item {
        Item::Contents(Arc::new(vec![0; bytes]))
    }

    #[test]
    fn the_oldest_falls_off_first() {
        let mut shelf = Shelf::default();
        for byte in 0..5 {
            shelf.put(key(byte), item(SHELF_BYTES_MAX / 4));
        }
        assert!(shelf.get(&key(0)).is_none());
        assert!((1..5).all(|byte| shelf.get(&key(byte)).is_some()));
        assert_eq!(shelf.bytes, SHELF_BYTES_MAX);
    }

    #[test]
    fn nothing_fills_the_shelf_alone() {
        let mut shelf = Shelf::default();
        shelf.put(key(0), item(1));
        shelf.put(key(1), item(SHELF_BYTES_MAX));
        assert!(shelf.get(&key(0)).is_some() && shelf.get(&key(1)).is_none());
    }
}
