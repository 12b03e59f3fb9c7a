//! Where components come from: embedded in this binary, or a file of the base revision.

pub mod lock;

/// The world of the contract that a plugin is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum World {
    /// It does a task in a folder.
    Agent,
    /// It gives an opinion on a case.
    Judge,
}

/// One plugin that comes with this binary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Embedded {
    /// Its name, as policies write it.
    pub name: &'static str,
    /// What it is.
    pub world: World,
    /// Its component.
    pub component: &'static [u8],
}

/// The plugins that come with this binary, by name.
pub const EMBEDDED: [Embedded; 8] = [
    Embedded {
        name: "codemod",
        world: World::Agent,
        component: include_bytes!("../../../plugins/dist/codemod.wasm"),
    },
    Embedded {
        name: "constitutional",
        world: World::Judge,
        component: include_bytes!("../../../plugins/dist/constitutional.wasm"),
    },
    Embedded {
        name: "dependency-report",
        world: World::Agent,
        component: include_bytes!("../../../plugins/dist/dependency-report.wasm"),
    },
    Embedded {
        name: "fix-loop",
        world: World::Agent,
        component: include_bytes!("../../../plugins/dist/fix-loop.wasm"),
    },
    Embedded {
        name: "integration",
        world: World::Judge,
        component: include_bytes!("../../../plugins/dist/integration.wasm"),
    },
    Embedded {
        name: "quality",
        world: World::Judge,
        component: include_bytes!("../../../plugins/dist/quality.wasm"),
    },
    Embedded {
        name: "release-notes",
        world: World::Agent,
        component: include_bytes!("../../../plugins/dist/release-notes.wasm"),
    },
    Embedded {
        name: "technical",
        world: World::Judge,
        component: include_bytes!("../../../plugins/dist/technical.wasm"),
    },
];

/// The judges that come with this binary, by name.
pub fn judges() -> impl Iterator<Item = &'static Embedded> {
    EMBEDDED.iter().filter(|embedded| embedded.world == World::Judge)
}

/// What a policy's `plugin` names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reference<'a> {
    /// A plugin of this binary.
    Embedded(Embedded),
    /// A component in the repository, by its path; it is read from the base revision, so that a change cannot replace its
    /// own judges.
    InBase(&'a str),
    /// Nothing of that name comes with this binary.
    Unknown(&'a str),
}

/// Tells what a policy's `plugin` names: a path is what holds a `/` or ends in `.wasm`.
#[must_use]
pub fn resolve(plugin: &str) -> Reference<'_> {
    if plugin.contains('/') || plugin.ends_with(".wasm") {
        return Reference::InBase(plugin.strip_prefix("./").unwrap_or(plugin));
    }
    match EMBEDDED.iter().find(|embedded| embedded.name == plugin) {
        Some(embedded) => Reference::Embedded(*embedded),
        None => Reference::Unknown(plugin),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agents_are_no_judges() {
        let names: Vec<&str> = judges().map(|judge| judge.name).collect();
        assert_eq!(names, ["constitutional", "integration", "quality", "technical"]);
        assert!(EMBEDDED.is_sorted_by_key(|embedded| embedded.name));
    }

    #[test]
    fn names_and_paths_are_told_apart() {
        assert!(matches!(
            resolve("technical"),
            Reference::Embedded(Embedded { name: "technical", .. })
        ));
        assert_eq!(resolve("./judges/mine.wasm"), Reference::InBase("judges/mine.wasm"));
        assert_eq!(resolve("mine"), Reference::Unknown("mine"));
    }
}
