//! `messages`: what agents say to each other.

use crate::policy::permission::Permission;
use crate::sandbox::bindings::messages as wit;
use crate::sandbox::host::board::{number, record_number, weigh_all};
use crate::sandbox::host::serve::{Answer, Served};
use crate::sandbox::journal::Argument;
use crate::sandbox::state::CallState;
use crate::sandbox::transcript::Transcript;
use crate::store::{Act, BoardMessage};

/// What a message weighs besides its texts, in bytes.
const MESSAGE_BYTES: usize = 32;

impl wit::Host for CallState {
    fn post(&mut self, topic: String, body: String, reply_to: Option<u64>) -> wasmtime::Result<Served<u64>> {
        let (topic, body) = (self.masker.mask_text(&topic), self.kept(&body));
        let arguments: &[&dyn Argument] = &[&topic, &body, &reply_to];
        let on = (Permission::MessagesPost, topic.as_str());
        self.put(on, arguments, body.len(), number, |_| {
            let (topic, body) = (topic.clone(), body.clone());
            Ok(Act::Post { topic, body, reply_to })
        })
    }

    fn get(&mut self, topic: String, after: u64) -> wasmtime::Result<Served<Vec<wit::Message>>> {
        let topic = self.masker.mask_text(&topic);
        self.look((Permission::MessagesGet, &topic), &[&topic, &after], |board| {
            Ok(board.messages(&topic, after)?.into_iter().map(message).collect())
        })
    }
}

fn message(message: BoardMessage) -> wit::Message {
    wit::Message {
        id: message.id,
        topic: message.topic,
        agent: message.agent,
        body: message.body,
        reply_to: message.reply_to,
    }
}

impl Answer for Vec<wit::Message> {
    fn weight(&self) -> u64 {
        weigh_all(self, |message| message.body.len().saturating_add(MESSAGE_BYTES))
    }

    fn record(&self, transcript: &mut Transcript) {
        transcript.number(self.len() as u64);
        for message in self {
            transcript.number(message.id);
            for text in [&message.topic, &message.agent, &message.body] {
                transcript.bytes(text.as_bytes());
            }
            record_number(transcript, message.reply_to);
        }
    }
}
