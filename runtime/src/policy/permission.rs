//! The closed table of permissions: each host function of the contract in `wit/` has exactly one, named after it.
//!
//! Permissions whose host functions come with later parts of Assize stand here already, so that the roles of today keep their
//! meaning when the functions arrive. No component can use one of these yet: there is nothing to call.

use std::fmt;

/// Writes down each permission once: its interface, its function, what it gives, and the names that other systems use.
macro_rules! permissions {
    ($(
        $(#[doc = $interface_doc:literal])*
        $interface:ident $interface_name:literal {
            $($permission:ident $name:literal $served:ident $meaning:literal $(also $($original:literal)+)?;)*
        }
    )*) => {
        /// An interface of the contract whose functions need a permission.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Interface {
            $($(#[doc = $interface_doc])* $interface,)*
        }

        impl Interface {
            /// Every interface, in the order of the reference.
            pub const ALL: &[Self] = &[$(Self::$interface,)*];

            /// Returns the interface's name in the contract.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$interface => $interface_name,)*
                }
            }
        }

        /// The power to call one host function.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Permission {
            $($(#[doc = concat!("To ", $meaning, ".")] $permission,)*)*
        }

        impl Permission {
            /// Every permission, in the order of the reference.
            pub const ALL: &[Self] = &[$($(Self::$permission,)*)*];

            /// Returns the permission's name, `interface.function` as the contract writes them.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $($(Self::$permission => concat!($interface_name, ".", $name),)*)*
                }
            }

            /// Returns what the permission gives, as the end of a sentence that starts with "A plugin that holds it may".
            #[must_use]
            pub fn meaning(self) -> &'static str {
                match self {
                    $($(Self::$permission => $meaning,)*)*
                }
            }

            /// Returns the interface whose function it is.
            #[must_use]
            pub fn interface(self) -> Interface {
                match self {
                    $($(Self::$permission => Interface::$interface,)*)*
                }
            }

            /// Tells whether this version of Assize has the host function.
            #[must_use]
            pub fn is_served(self) -> bool {
                match self {
                    $($(Self::$permission => permissions!(@is_served $served),)*)*
                }
            }

            /// Returns what other systems call the permission; none where it is Assize's own.
            #[must_use]
            pub fn other_names(self) -> &'static [&'static str] {
                match self {
                    $($(Self::$permission => &[$($($original,)+)?],)*)*
                }
            }
        }
    };
    (@is_served now) => { true };
    (@is_served later) => { false };
}

permissions! {
    /// The change under judgement and both states of the repository.
    Evidence "evidence" {
        EvidenceChanges "changes" now "list what changed";
        EvidenceHunks "hunks" now "read the lines that changed in a file";
        EvidenceRead "read" now "read any file of the repository, before and after the change" also "judge_case";
        EvidenceList "list" now "list any folder of the repository, before and after the change";
        EvidenceSearch "search" now "search the files of the repository, before and after the change";
        EvidenceDocument "document" now "read the documents that came with the case";
    }
    /// The agent's own folder.
    Workspace "workspace" {
        WorkspaceList "list" now "list folders, as far as the role's `files.read` opens them";
        WorkspaceRead "read" now "read files, as far as the role's `files.read` opens them";
        WorkspaceWrite "write" now "write files and make folders, as far as the role's `files.write` opens them";
        WorkspaceRemove "remove" now "remove files and empty folders, as far as the role's `files.write` opens them";
        WorkspaceRename "rename" now "rename files and folders, as far as the role's `files.write` opens both paths";
        WorkspaceSearch "search" now "search files, as far as the role's `files.read` opens them";
        WorkspaceDiff "diff" now "see what it has changed, as far as the role's `files.read` opens it";
    }
    /// What an agent remembers.
    State "state" {
        StateGet "get" now "read what it remembered in earlier calls";
        StateSet "set" now "remember small values for later calls";
        StateList "list" now "list the keys of what it remembered";
    }
    /// Results that outlive a call.
    Artifacts "artifacts" {
        ArtifactsStore "store" now "store results that outlive the call" also "store_artifact";
        ArtifactsGet "get" now "read stored results" also "get_artifacts";
        ArtifactsDelete "delete" later "delete stored results" also "delete_artifact";
    }
    /// Lines for the person who debugs the plugin.
    Log "log" {
        LogWrite "write" now "write lines for the person who debugs it";
    }
    /// Commands of the machine.
    Process "process" {
        ProcessRun "run" now "run commands, as far as the role's `process.allow` opens them";
    }
    /// Requests to servers outside.
    Http "http" {
        HttpSend "send" now "send requests, as far as the role's `http` opens them";
    }
    /// Work to be done.
    Tasks "tasks" {
        TasksCreate "create" now "create tasks" also "create_task";
        TasksClaim "claim" now "take tasks, as many at once as the role's `claimed_tasks`" also "claim_task";
        TasksComplete "complete" now "say that a task of its own is done" also "complete_task";
        TasksFail "fail" now "say that a task of its own cannot be done" also "fail_task";
        TasksUpdate "update" now "change tasks" also "update_task";
        TasksGet "get" now "read one task";
        TasksList "list" now "see which tasks there are";
        TasksDelete "delete" later "delete tasks" also "delete_task";
        TasksAssign "assign" now "give tasks to others" also "assign_task";
        TasksReplay "replay" later "run a task again from its record" also "replay_task";
    }
    /// What a team says to each other.
    Messages "messages" {
        MessagesPost "post" now "post messages" also "post_message";
        MessagesGet "get" now "read messages" also "get_messages";
        MessagesDelete "delete" later "delete messages" also "delete_message";
    }
    /// What a team knows.
    Knowledge "knowledge" {
        KnowledgeShare "share" now "share knowledge" also "share_knowledge";
        KnowledgeGet "get" now "read knowledge" also "get_knowledge";
        KnowledgeUpdate "update" now "change knowledge" also "update_knowledge";
        KnowledgeDelete "delete" later "delete knowledge" also "delete_knowledge";
    }
    /// Who is doing what.
    Status "status" {
        StatusUpdate "update" now "say what it is doing" also "update_status";
        StatusTeam "team" now "see what the team is doing" also "get_team_status";
    }
    /// What a team agrees on.
    Decisions "decisions" {
        DecisionsPropose "propose" now "propose decisions" also "propose_decision";
        DecisionsVote "vote" now "vote on decisions" also "vote_decision";
        DecisionsGet "get" now "read a decision and its votes";
        DecisionsFinalize "finalize" later "close the vote on a decision" also "finalize_decision";
    }
    /// Plans of many tasks.
    Workflows "workflows" {
        WorkflowsCreate "create" now "create workflows" also "create_workflow";
        WorkflowsStart "start" now "start workflows" also "start_workflow";
        WorkflowsPause "pause" later "pause workflows" also "pause_workflow";
        WorkflowsResume "resume" later "resume workflows" also "resume_workflow";
        WorkflowsCancel "cancel" later "cancel workflows" also "cancel_workflow";
        WorkflowsApprove "approve" later "approve steps of workflows" also "approve_step";
    }
    /// Cases and verdicts.
    Council "council" {
        CouncilSubmit "submit" later "bring cases before a council" also "submit_case";
        CouncilOverride "override" later "override verdicts in its own name" also "override_verdict";
    }
    /// Leave to break a rule.
    Waivers "waivers" {
        WaiversRequest "request" later "ask for waivers" also "request_waiver";
        WaiversApprove "approve" later "approve waivers of others" also "approve_waiver";
        WaiversRevoke "revoke" later "take waivers back" also "revoke_waiver";
    }
    /// The record of what happened.
    Audit "audit" {
        AuditExport "export" later "export the record of what happened" also "export_audit";
        AuditMetrics "metrics" later "see figures of the system" also "view_metrics";
    }
    /// Who takes part, and with what.
    Admin "admin" {
        AdminTeam "team" later "manage the team" also "manage_team";
        AdminRoles "roles" later "propose changes of roles" also "manage_roles";
        AdminAgents "agents" later "manage agents" also "manage_agents";
        AdminBudgets "budgets" later "manage budgets" also "manage_budgets";
        AdminConnectors "connectors" later "manage connections to other systems" also "manage_connectors";
    }
}

impl Permission {
    /// Tells whether every role holds it without saying so.
    #[must_use]
    pub fn is_everyones(self) -> bool {
        self == Self::LogWrite
    }

    /// Returns the permission of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|permission| permission.name() == name)
    }

    /// Returns the permission that other systems call `name`.
    #[must_use]
    pub fn named_elsewhere(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|permission| permission.other_names().contains(&name))
    }
}

/// A set of permissions. Asking it allocates nothing and takes the same time whatever is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct PermissionSet(u128);

// One bit for each permission.
const _: () = assert!(Permission::ALL.len() <= 128);

impl PermissionSet {
    /// Returns the set of all permissions.
    #[must_use]
    pub fn all() -> Self {
        Permission::ALL.iter().copied().collect()
    }

    /// Adds a permission.
    pub fn insert(&mut self, permission: Permission) {
        self.0 |= 1 << permission as u32;
    }

    /// Tells whether `permission` is in the set.
    #[must_use]
    pub fn contains(self, permission: Permission) -> bool {
        self.0 & (1 << permission as u32) != 0
    }

    /// Returns what is in both sets.
    #[must_use]
    pub fn both(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Returns what is in this set and not in the other.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Returns every permission of the set, in the order of the reference.
    pub fn iter(self) -> impl Iterator<Item = Permission> {
        Permission::ALL
            .iter()
            .copied()
            .filter(move |permission| self.contains(*permission))
    }
}

impl FromIterator<Permission> for PermissionSet {
    fn from_iter<T: IntoIterator<Item = Permission>>(permissions: T) -> Self {
        let mut set = Self::default();
        for permission in permissions {
            set.insert(permission);
        }
        set
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
                .iter()
                .copied()
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
        let interfaces = Interface::ALL.iter().map(|interface| format!("{}.*", interface.name()));
        let permissions = Permission::ALL.iter().map(|permission| permission.name().to_owned());
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
