//! `decisions`: what agents agree on.

use assize_provenance::opinion::Vote;

use crate::policy::permission::Permission;
use crate::sandbox::bindings::decisions as wit;
use crate::sandbox::bindings::types as contract;
use crate::sandbox::host::board::weigh_all;
use crate::sandbox::host::serve::{Answer, Served};
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
        let title = proposal.title.clone();
        self.put(Permission::DecisionsPropose, &title, proposal.body.len(), |_| {
            Ok(Act::Propose(proposal))
        })
    }

    fn vote(&mut self, id: u64, vote: contract::Vote, reason: String) -> wasmtime::Result<Served<()>> {
        let reason = self.kept(&reason);
        let vote = match vote {
            contract::Vote::Approve => Vote::Approve,
            contract::Vote::Reject => Vote::Reject,
            contract::Vote::Abstain => Vote::Abstain,
        };
        self.put_quietly(Permission::DecisionsVote, &id.to_string(), 0, |_| {
            Ok(Act::Vote {
                decision: id,
                vote,
                reason,
            })
        })
    }

    fn get(&mut self, id: u64) -> wasmtime::Result<Served<wit::Decision>> {
        self.look(Permission::DecisionsGet, &id.to_string(), |board| {
            board.decision(id).map(decision)
        })
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
