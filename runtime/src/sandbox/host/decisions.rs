//! `decisions`: what agents agree on.

use assize_provenance::opinion::Vote;

use crate::policy::permission::Permission;
use crate::sandbox::bindings::decisions as wit;
use crate::sandbox::bindings::types as contract;
use crate::sandbox::host::board::{nothing, number, weigh_all};
use crate::sandbox::host::serve::{Answer, Served};
use crate::sandbox::journal::Argument;
use crate::sandbox::state::CallState;
use crate::sandbox::transcript::Transcript;
use crate::store::{Act, BoardDecision, DecisionState, Proposal};

impl wit::Host for CallState {
    fn propose(&mut self, proposal: wit::Proposal) -> wasmtime::Result<Served<u64>> {
        let names = |names: Vec<String>| names.iter().map(|name| self.masker.mask_text(name)).collect();
        let proposal = Proposal {
            title: self.kept(&proposal.title),
            body: self.kept(&proposal.body),
            agents: names(proposal.agents),
            roles: names(proposal.roles),
            quorum: u64::from(proposal.quorum),
            threshold_percent: u64::from(proposal.threshold_percent),
        };
        let arguments: &[&dyn Argument] = &[
            &proposal.title,
            &proposal.body,
            &proposal.agents,
            &proposal.roles,
            &proposal.quorum,
            &proposal.threshold_percent,
        ];
        let on = (Permission::DecisionsPropose, proposal.title.as_str());
        self.put(on, arguments, proposal.body.len(), number, |_| {
            Ok(Act::Propose(proposal.clone()))
        })
    }

    fn vote(&mut self, id: u64, vote: contract::Vote, reason: String) -> wasmtime::Result<Served<()>> {
        let reason = self.kept(&reason);
        let (vote, name) = match vote {
            contract::Vote::Approve => (Vote::Approve, "approve"),
            contract::Vote::Reject => (Vote::Reject, "reject"),
            contract::Vote::Abstain => (Vote::Abstain, "abstain"),
        };
        let on = (Permission::DecisionsVote, &*id.to_string());
        self.put(on, &[&id, &name, &reason], 0, nothing, |_| {
            Ok(Act::Vote {
                decision: id,
                vote,
                reason: reason.clone(),
            })
        })
    }

    fn get(&mut self, id: u64) -> wasmtime::Result<Served<wit::Decision>> {
        let on = (Permission::DecisionsGet, &*id.to_string());
        self.look(on, &[&id], |board| board.decision(id).map(decision))
    }
}

fn decision(decision: BoardDecision) -> wit::Decision {
    let proposal = decision.proposal;
    let count = |count: u64| u32::try_from(count).unwrap_or(u32::MAX);
    let ballots = decision.ballots.into_iter().map(|(agent, vote, reason)| wit::Ballot {
        agent,
        vote: match vote {
            Vote::Approve => contract::Vote::Approve,
            Vote::Reject => contract::Vote::Reject,
            Vote::Abstain => contract::Vote::Abstain,
        },
        reason,
    });
    wit::Decision {
        id: decision.id,
        agent: decision.agent,
        proposal: wit::Proposal {
            title: proposal.title,
            body: proposal.body,
            agents: proposal.agents,
            roles: proposal.roles,
            quorum: count(proposal.quorum),
            threshold_percent: count(proposal.threshold_percent),
        },
        state: match decision.state {
            DecisionState::Open => wit::State::Open,
            DecisionState::Approved => wit::State::Approved,
            DecisionState::Rejected => wit::State::Rejected,
        },
        ballots: ballots.collect(),
    }
}

impl Answer for wit::Decision {
    fn weight(&self) -> u64 {
        let proposal = &self.proposal;
        let ballots = weigh_all(&self.ballots, |ballot| {
            ballot.agent.len().saturating_add(ballot.reason.len())
        });
        let names = [proposal.agents.as_slice(), &proposal.roles].concat();
        weigh_all(&names, String::len)
            .saturating_add(ballots)
            .saturating_add(proposal.title.len().saturating_add(proposal.body.len()) as u64)
    }

    fn record(&self, transcript: &mut Transcript) {
        let proposal = &self.proposal;
        transcript.number(self.id);
        for text in [&self.agent, &proposal.title, &proposal.body] {
            transcript.bytes(text.as_bytes());
        }
        for names in [&proposal.agents, &proposal.roles] {
            transcript.number(names.len() as u64);
            names.iter().for_each(|name| transcript.bytes(name.as_bytes()));
        }
        transcript.number(u64::from(proposal.quorum));
        transcript.number(u64::from(proposal.threshold_percent));
        transcript.number(match self.state {
            wit::State::Open => 0,
            wit::State::Approved => 1,
            wit::State::Rejected => 2,
        });
        transcript.number(self.ballots.len() as u64);
        for ballot in &self.ballots {
            transcript.bytes(ballot.agent.as_bytes());
            transcript.number(match ballot.vote {
                contract::Vote::Approve => 0,
                contract::Vote::Reject => 1,
                contract::Vote::Abstain => 2,
            });
            transcript.bytes(ballot.reason.as_bytes());
        }
    }
}
