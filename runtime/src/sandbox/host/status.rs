//! `status`: who is doing what.

use crate::policy::permission::Permission;
use crate::sandbox::bindings::status as wit;
use crate::sandbox::host::board::{nothing, weigh_all};
use crate::sandbox::host::serve::{Answer, Served};
use crate::sandbox::state::CallState;
use crate::sandbox::transcript::Transcript;
use crate::store::{Act, TeamMember};

/// What a member weighs besides its texts, in bytes.
const MEMBER_BYTES: usize = 16;

impl wit::Host for CallState {
    fn update(&mut self, text: String) -> wasmtime::Result<Served<()>> {
        let text = self.kept(&text);
        let on = (Permission::StatusUpdate, "");
        self.put(on, &[&text], text.len(), nothing, |_| {
            Ok(Act::SayStatus { text: text.clone() })
        })
    }

    fn team(&mut self) -> wasmtime::Result<Served<Vec<wit::Member>>> {
        self.look((Permission::StatusTeam, ""), &[], |board| {
            Ok(board.team()?.into_iter().map(member).collect())
        })
    }
}

fn member(member: TeamMember) -> wit::Member {
    wit::Member {
        agent: member.agent,
        text: member.text,
        claimed_tasks: member.claimed_tasks,
    }
}

impl Answer for Vec<wit::Member> {
    fn weight(&self) -> u64 {
        weigh_all(self, |member| {
            member
                .text
                .len()
                .saturating_add(member.agent.len())
                .saturating_add(MEMBER_BYTES)
        })
    }

    fn record(&self, transcript: &mut Transcript) {
        transcript.number(self.len() as u64);
        for member in self {
            transcript.bytes(member.agent.as_bytes());
            transcript.bytes(member.text.as_bytes());
            transcript.number(member.claimed_tasks);
        }
    }
}
