//! What needs no host: using up the machine.

use std::hint::black_box;

/// Runs for ever.
pub(crate) fn spin() -> ! {
    let mut turn = 0_u64;
    loop {
        turn = black_box(turn.wrapping_add(1));
    }
}

/// Takes memory by the MiB, writes every page of it and never gives it back; `None` takes all there is.
pub(crate) fn grow(mib_max: Option<u64>) -> u64 {
    const MIB: usize = 1 << 20;
    let mut taken = 0;
    while mib_max.is_none_or(|max| taken < max) {
        let mut block: Vec<u8> = Vec::new();
        if block.try_reserve_exact(MIB).is_err() {
            if mib_max.is_some() {
                break;
            }
            continue;
        }
        block.resize(MIB, 1);
        std::mem::forget(black_box(block));
        taken = taken.saturating_add(1);
    }
    taken
}

/// Calls itself until the stack ends.
#[expect(unconditional_recursion, reason = "this is what it is for")]
pub(crate) fn recurse(depth: u64) -> u64 {
    let place = black_box([depth; 16]);
    recurse(depth.wrapping_add(1)).wrapping_add(place.iter().sum::<u64>())
}
