//! A disk that forgets: bytes of the file change, and it is noticed, or they did not matter. Never does anything panic.

use std::fs;
use std::panic::catch_unwind;

use assize::store::{Store, StoreError};
use assize_tests::dice::Dice;
use assize_tests::happenings::{Model, all_events};

use super::World;

/// How many damages are tried.
const DAMAGES: usize = 250;

/// What became of a damaged store.
#[derive(Debug, PartialEq, Eq)]
enum Seen {
    Refused,
    Found,
    Harmless,
}

/// Opens a damaged store and looks at all of it.
fn look(world: &World, before: &[assize::event::Recorded]) -> Result<Seen, StoreError> {
    let store = match Store::open(&world.state_dir()) {
        Ok(store) => store,
        Err(StoreError::Foreign { .. } | StoreError::Damaged { .. } | StoreError::Newer { .. }) => {
            return Ok(Seen::Refused);
        }
        Err(error) => return Err(error),
    };
    if !store.check()?.is_sound() {
        return Ok(Seen::Found);
    }
    match store.rebuild() {
        Ok(rebuilt) if rebuilt.is_identical() => {}
        Ok(_) | Err(StoreError::Damaged { .. }) => return Ok(Seen::Found),
        Err(error) => return Err(error),
    }
    assert_eq!(all_events(&store), before, "events changed, and nobody noticed");
    Ok(Seen::Harmless)
}

#[test]
fn bytes_that_change_are_noticed_or_do_not_matter() {
    let world = World::sqlite();
    let (mut dice, mut model) = (Dice::of("rot"), Model::default());
    let store = world.open();
    for _ in 0..150 {
        model.step(&store, &mut dice);
    }
    let events = all_events(&store);
    drop(store);
    let path = world.path("store.sqlite");
    let intact = fs::read(&path).expect("reads");
    let mut seen = Vec::new();
    for damage in 0..DAMAGES {
        let mut bytes = intact.clone();
        // The header and the schema as often as everything else.
        let end = if damage % 4 == 0 { 4096 } else { bytes.len() };
        match damage % 5 {
            0 => bytes.truncate(dice.below(end)),
            1 => {
                let start = dice.below(end) / 512 * 512;
                let end = (start + 512).min(bytes.len());
                bytes[start..end].fill(0);
            }
            _ => {
                let position = dice.below(end);
                bytes[position] = bytes[position].wrapping_add(dice.flip());
            }
        }
        let _ = fs::remove_file(world.path("store.sqlite-wal"));
        let _ = fs::remove_file(world.path("store.sqlite-shm"));
        fs::write(&path, &bytes).expect("damages");
        let looked = catch_unwind(|| look(&world, &events));
        let looked = looked.unwrap_or_else(|_| panic!("damage {damage}: it panicked"));
        seen.push(looked.unwrap_or_else(|error| panic!("damage {damage}: {error}")));
    }
    let count = |what: &Seen| seen.iter().filter(|seen| *seen == what).count();
    let (refused, found, harmless) = (count(&Seen::Refused), count(&Seen::Found), count(&Seen::Harmless));
    assert!(
        refused > 20 && found > 20,
        "{refused} refused, {found} found, {harmless} harmless"
    );
}
