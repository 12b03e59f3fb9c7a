//! The closed table of permissions: each host function of the contract in `wit/` has exactly one, named after it.

use std::fmt;

/// An interface of the contract whose functions need a permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Interface {
    /// The change under judgement and both states of the repository.
    Evidence,
    /// Lines for the person who debugs the plugin.
    Log,
}

impl Interface {
    /// Every interface, in the order of the reference.
    pub const ALL: [Self; 2] = [Self::Evidence, Self::Log];

    /// Returns the interface's name in the contract.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Evidence => "evidence",
            Self::Log => "log",
        }
    }
}

/// The power to call one host function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Permission {
    /// To list what changed.
    EvidenceChanges,
    /// To read the lines that changed in a file.
    EvidenceHunks,
    /// To read a file before or after the change.
    EvidenceRead,
    /// To list a folder before or after the change.
    EvidenceList,
    /// To search the files before or after the change.
    EvidenceSearch,
    /// To read a document that came with the case.
    EvidenceDocument,
    /// To write log lines. Every role holds it, unless one denies it.
    LogWrite,
}

impl Permission {
    /// Every permission, in the order of the reference.
    pub const ALL: [Self; 7] = [
        Self::EvidenceChanges,
        Self::EvidenceHunks,
        Self::EvidenceRead,
        Self::EvidenceList,
        Self::EvidenceSearch,
        Self::EvidenceDocument,
        Self::LogWrite,
    ];

    /// Returns the permission's name, `interface.function` as the contract writes them.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::EvidenceChanges => "evidence.changes",
            Self::EvidenceHunks => "evidence.hunks",
            Self::EvidenceRead => "evidence.read",
            Self::EvidenceList => "evidence.list",
            Self::EvidenceSearch => "evidence.search",
            Self::EvidenceDocument => "evidence.document",
            Self::LogWrite => "log.write",
        }
    }

    /// Returns what the permission gives, as the end of a sentence that starts with "A plugin that holds it may".
    #[must_use]
    pub fn meaning(self) -> &'static str {
        match self {
            Self::EvidenceChanges => "list what changed",
            Self::EvidenceHunks => "read the lines that changed in a file",
            Self::EvidenceRead => "read any file of the repository, before and after the change",
            Self::EvidenceList => "list any folder of the repository, before and after the change",
            Self::EvidenceSearch => "search the files of the repository, before and after the change",
            Self::EvidenceDocument => "read the documents that came with the case",
            Self::LogWrite => "write lines for the person who debugs it",
        }
    }

    /// Returns the interface whose function it is.
    #[must_use]
    pub fn interface(self) -> Interface {
        match self {
            Self::EvidenceChanges
            | Self::EvidenceHunks
            | Self::EvidenceRead
            | Self::EvidenceList
            | Self::EvidenceSearch
            | Self::EvidenceDocument => Interface::Evidence,
            Self::LogWrite => Interface::Log,
        }
    }

    /// Tells whether every role holds it without saying so.
    #[must_use]
    pub fn is_everyones(self) -> bool {
        self == Self::LogWrite
    }

    /// Returns the permission of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|permission| permission.name() == name)
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What one item of `allow` or `deny` covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PermissionPattern {
    /// `*`: every permission.
    All,
    /// `interface.*`: every permission of one interface.
    Interface(Interface),
    /// One permission.
    One(Permission),
}

impl PermissionPattern {
    /// Returns the pattern that `text` writes, if it names something that exists.
    #[must_use]
    pub fn named(text: &str) -> Option<Self> {
        if text == "*" {
            return Some(Self::All);
        }
        match text.strip_suffix(".*") {
            Some(name) => Interface::ALL
                .into_iter()
                .find(|interface| interface.name() == name)
                .map(Self::Interface),
            None => Permission::named(text).map(Self::One),
        }
    }

    /// Tells whether the pattern covers `permission`.
    #[must_use]
    pub fn covers(self, permission: Permission) -> bool {
        match self {
            Self::All => true,
            Self::Interface(interface) => permission.interface() == interface,
            Self::One(one) => permission == one,
        }
    }

    /// Returns everything that could be written as a pattern.
    pub fn all_texts() -> impl Iterator<Item = String> {
        let interfaces = Interface::ALL
            .into_iter()
            .map(|interface| format!("{}.*", interface.name()));
        let permissions = Permission::ALL
            .into_iter()
            .map(|permission| permission.name().to_owned());
        permissions.chain(interfaces)
    }
}

impl fmt::Display for PermissionPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("*"),
            Self::Interface(interface) => write!(f, "{}.*", interface.name()),
            Self::One(permission) => f.write_str(permission.name()),
        }
    }
}
