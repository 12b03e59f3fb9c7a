//! Git's hooks, and what they ask.

pub(super) mod commit_msg;
pub(super) mod pre_push;

use super::view::hooks::{HookView, HooksView};
use super::{App, Fault};
use crate::repository::hooks::{HookError, HookState, Hooks};

/// The hooks that are installed: git's name, and the bytes of ours.
const HOOKS: [(&str, &str); 2] = [
    ("commit-msg", include_str!("commit-msg.sh")),
    ("pre-push", include_str!("pre-push.sh")),
];

impl App {
    /// Puts the hooks into the repository, each unless something stands in its place.
    ///
    /// # Errors
    ///
    /// [`Fault`] when git looks for hooks elsewhere, or when a file cannot be written.
    pub fn install_hooks(&self) -> Result<HooksView, Fault> {
        self.each_hook(|hooks, name, text| {
            Ok(match hooks.install(name, text)? {
                HookState::Absent => "installed",
                HookState::Ours => "was there",
                HookState::Other => "another",
            })
        })
    }

    /// Removes the hooks that are ours, byte for byte.
    ///
    /// # Errors
    ///
    /// [`Fault`] when git looks for hooks elsewhere, or when a file cannot be removed.
    pub fn remove_hooks(&self) -> Result<HooksView, Fault> {
        self.each_hook(|hooks, name, text| {
            Ok(match hooks.remove(name, text)? {
                HookState::Absent => "absent",
                HookState::Ours => "removed",
                HookState::Other => "another",
            })
        })
    }

    /// Tells which hooks are there.
    ///
    /// # Errors
    ///
    /// [`Fault`] when git looks for hooks elsewhere, or when a file cannot be read.
    pub fn hook_states(&self) -> Result<HooksView, Fault> {
        self.each_hook(|hooks, name, text| {
            Ok(match hooks.state(name, text)? {
                HookState::Absent => "absent",
                HookState::Ours => "installed",
                HookState::Other => "another",
            })
        })
    }

    fn each_hook(
        &self,
        act: impl Fn(&Hooks, &str, &str) -> Result<&'static str, HookError>,
    ) -> Result<HooksView, Fault> {
        let hooks = self.repository()?.hooks()?;
        let views = HOOKS.iter().map(|(name, text)| {
            let state = act(&hooks, name, text)?;
            Ok(HookView {
                name,
                path: hooks.path(name).display().to_string(),
                state,
                chain: (state == "another").then(|| format!("assize hook run {name} \"$@\" || exit")),
            })
        });
        Ok(HooksView {
            schema: "assize.hooks/1",
            hooks: views.collect::<Result<_, HookError>>()?,
        })
    }
}
