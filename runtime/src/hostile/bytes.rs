//! The hostile guests, and what is made of them: other versions, cut and flipped bytes, modules that want too much.

/// Does whatever its input says; see `plugins/rust/hostile`.
pub(super) const HOSTILE: &[u8] = include_bytes!("../../../plugins/dist/hostile.wasm");
/// Tries the doors of WASI; see `plugins/rust/hostile-wasi`.
pub(super) const HOSTILE_WASI: &[u8] = include_bytes!("../../../plugins/dist/hostile-wasi.wasm");
/// Breaks the canonical ABI; see `plugins/wat/liar.wat`.
pub(super) const LIAR: &[u8] = include_bytes!("../../../plugins/dist/liar.wasm");

/// What stands before the part of the liar's bytes that is set from outside.
const MARK: &[u8] = b"ASSIZE-LIAR:";
/// Where the mark stands in the liar's memory.
const MARK_AT: usize = 1024;

/// How a liar describes itself. The numbers are those of `plugins/wat/liar.wat`.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Lie<'a> {
    /// What `describe` does besides.
    pub(super) describe: u8,
    /// How it gives memory to the host.
    pub(super) allocate: u8,
    /// Where its name starts and how long it is, instead of what is true.
    pub(super) name_at: Option<(u32, u32)>,
    /// Its name.
    pub(super) name: &'a str,
    /// How often it requires the permission.
    pub(super) requires: u32,
    /// The permission it requires.
    pub(super) permission: &'a str,
}

impl Lie<'_> {
    /// An honest liar.
    pub(super) const NONE: Self = Lie {
        describe: 0,
        allocate: 0,
        name_at: None,
        name: "liar",
        requires: 0,
        permission: "log.write",
    };

    /// The component that tells this lie.
    pub(super) fn told(&self) -> Vec<u8> {
        let mut bytes = LIAR.to_vec();
        let Some(mark) = find(&bytes, MARK) else { return bytes };
        let mut put = |address: usize, value: &[u8]| {
            let start = mark.saturating_add(address.saturating_sub(MARK_AT));
            if let Some(room) = bytes.get_mut(start..start.saturating_add(value.len())) {
                room.copy_from_slice(value);
            }
        };
        put(1036, &[self.describe, self.allocate]);
        let (start, length) = self.name_at.unwrap_or((1152, length(self.name)));
        put(1040, &start.to_le_bytes());
        put(1044, &length.to_le_bytes());
        put(1068, &self.requires.to_le_bytes());
        put(1084, &self::length(self.permission).to_le_bytes());
        put(1088, self.permission.as_bytes());
        put(1152, self.name.as_bytes());
        bytes
    }
}

fn length(text: &str) -> u32 {
    u32::try_from(text.len()).unwrap_or(u32::MAX)
}

/// Replaces each place of `from` by `to`, which is as long.
pub(super) fn patched(bytes: &[u8], from: &str, to: &str) -> Vec<u8> {
    let mut rest = bytes;
    let mut patched = Vec::with_capacity(bytes.len());
    while let Some(at) = find(rest, from.as_bytes()) {
        let (before, found) = rest.split_at(at);
        patched.extend_from_slice(before);
        patched.extend_from_slice(to.as_bytes());
        rest = found.get(from.len()..).unwrap_or_default();
    }
    patched.extend_from_slice(rest);
    patched
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    memchr::memmem::find(bytes, wanted)
}

/// A core module of these sections.
pub(super) fn module(sections: &[(u8, Vec<u8>)]) -> Vec<u8> {
    let mut module = b"\0asm\x01\0\0\0".to_vec();
    for (id, contents) in sections {
        section(&mut module, *id, contents);
    }
    module
}

/// A component that starts this module and exports nothing.
pub(super) fn component(module: &[u8]) -> Vec<u8> {
    let mut component = b"\0asm\x0d\0\x01\0".to_vec();
    section(&mut component, 1, module);
    // One core instance, made of module 0 without arguments.
    section(&mut component, 2, &[1, 0, 0, 0]);
    component
}

/// The section of `count` memories of `pages` pages each.
pub(super) fn memories(count: u64, pages: u64) -> (u8, Vec<u8>) {
    let mut contents = leb(count);
    for _ in 0..count {
        contents.push(0);
        contents.extend(leb(pages));
    }
    (5, contents)
}

/// The section of `count` tables of `elements` function references each.
pub(super) fn tables(count: u64, elements: u64) -> (u8, Vec<u8>) {
    let mut contents = leb(count);
    for _ in 0..count {
        contents.extend([0x70, 0]);
        contents.extend(leb(elements));
    }
    (4, contents)
}

fn section(bytes: &mut Vec<u8>, id: u8, contents: &[u8]) {
    bytes.push(id);
    bytes.extend(leb(contents.len() as u64));
    bytes.extend_from_slice(contents);
}

/// A number as WebAssembly writes it.
fn leb(mut number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let [low, ..] = (number & 0x7f).to_le_bytes();
        number >>= 7;
        if number == 0 {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}

/// Chance that a seed decides (SplitMix64, by Steele, Lea and Flood, 2014).
#[derive(Debug, Clone)]
pub(super) struct Chance(u64);

impl Chance {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`; 0 where that is 0.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        let rolled = self.roll().checked_rem(bound as u64).unwrap_or(0);
        usize::try_from(rolled).unwrap_or(0)
    }

    /// Changes one bit of some byte.
    pub(super) fn flip(&mut self, bytes: &mut [u8]) {
        let at = self.below(bytes.len());
        let bit = self.below(8);
        if let Some(byte) = bytes.get_mut(at) {
            *byte ^= 1_u8.wrapping_shl(u32::try_from(bit).unwrap_or(0));
        }
    }

    /// As many bytes by chance.
    pub(super) fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count)
            .map(|_| {
                let [byte, ..] = self.roll().to_le_bytes();
                byte
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_liar_has_its_mark_once() {
        assert_eq!(memchr::memmem::find_iter(LIAR, MARK).count(), 1);
        assert_eq!(Lie::NONE.told(), LIAR, "an honest liar is the liar as it was built");
    }

    #[test]
    fn patching_keeps_the_length() {
        let patched = patched(LIAR, "workspace@0.1.0", "workspace@0.2.0");
        assert_eq!(patched.len(), LIAR.len());
        assert!(find(&patched, b"workspace@0.1.0").is_none() && find(&patched, b"workspace@0.2.0").is_some());
    }
}
