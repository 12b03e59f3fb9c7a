//! What came of a call, as it is shown.

use std::collections::BTreeMap;

use super::SHOWN_MAX;
use crate::app::view::agents::{ChangedFileView, CommandView, RequestView, UseView};
use crate::outcome::{Access, CommandUse, Outing, RequestUse};

/// A changed file, as it is shown.
pub(super) fn changed((path, status): (String, crate::workspace::Status)) -> ChangedFileView {
    use crate::workspace::Status;
    ChangedFileView {
        path,
        status: match status {
            Status::Added => "added",
            Status::Deleted => "deleted",
            Status::Modified => "modified",
        },
    }
}

/// How often each permission was used.
pub(super) fn used(accesses: &[Access]) -> Vec<UseView> {
    let mut used: BTreeMap<&'static str, u64> = BTreeMap::new();
    for access in accesses.iter().filter(|access| access.granted) {
        let times = used.entry(access.permission.name()).or_default();
        *times = times.saturating_add(access.times);
    }
    used.into_iter()
        .map(|(permission, times)| UseView {
            permission: permission.to_owned(),
            times,
        })
        .collect()
}

/// What was done outside, commands and requests apart.
pub(super) fn outings(outings: Vec<Outing>) -> (Vec<CommandView>, Vec<RequestView>) {
    let (mut commands, mut requests) = (Vec::new(), Vec::new());
    for outing in outings.into_iter().take(SHOWN_MAX) {
        match outing {
            Outing::Command(CommandUse {
                command,
                dir,
                confined,
                outcome,
                wall_ms,
                output_bytes,
            }) => commands.push(CommandView {
                command,
                dir,
                confined,
                outcome,
                wall_ms,
                output_bytes,
            }),
            Outing::Request(RequestUse {
                method,
                origin,
                path,
                secrets,
                status,
                outcome,
                sent_bytes,
                received_bytes,
            }) => requests.push(RequestView {
                method,
                origin,
                path,
                secrets,
                status,
                outcome,
                sent_bytes,
                received_bytes,
            }),
        }
    }
    (commands, requests)
}

/// Refusals that are alike become one, however far apart they were.
pub(super) fn folded<'a>(accesses: impl Iterator<Item = &'a Access>) -> Vec<Access> {
    let mut kinds: Vec<Access> = Vec::new();
    let mut places: BTreeMap<(&str, &str, &str), usize> = BTreeMap::new();
    for access in accesses {
        let key = (
            access.permission.name(),
            access.resource.as_str(),
            access.reason.as_str(),
        );
        match places.get(&key).and_then(|place| kinds.get_mut(*place)) {
            Some(known) => known.times = known.times.saturating_add(access.times),
            None => {
                places.insert(key, kinds.len());
                kinds.push(access.clone());
            }
        }
    }
    kinds
}
