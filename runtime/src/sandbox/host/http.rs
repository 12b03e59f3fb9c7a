//! `http`: requests to servers outside.

use assize_provenance::digest::Hasher;
use serde::{Deserialize, Serialize};

use crate::egress::{Request, Response};
use crate::policy::permission::Permission;
use crate::sandbox::bindings::http as wit;
use crate::sandbox::bindings::types as contract;
use crate::sandbox::host::serve::{Answer, Served, ruling, sum};
use crate::sandbox::journal::{Argument, Asked};
use crate::sandbox::requests::{Cleared, may_be_repeated, may_have_arrived, refusal, subject};
use crate::sandbox::state::CallState;
use crate::sandbox::transcript::Transcript;

impl wit::Host for CallState {
    fn send(&mut self, request: wit::Request) -> wasmtime::Result<Served<wit::Response>> {
        let arguments: &[&dyn Argument] = &[
            &request.method,
            &request.url,
            &request.headers,
            &request.body,
            &request.seconds,
        ];
        let asked = self.ask(Permission::HttpSend, arguments)?;
        self.accesses.must_have_room()?;
        let subject = subject(&request.method, &request.url);
        let sent = match self.recall(&asked)? {
            Some(sent) => self.sent_before(&subject, sent)?,
            None => self.send_now(&asked, &subject, request)?,
        };
        let answer = sent.and_then(|answer| self.weighed(answer));
        self.record_some()?;
        self.answered(&asked, &subject, &answer)?;
        Ok(answer)
    }
}

/// What the journal keeps of a request.
#[derive(Serialize, Deserialize)]
struct Sent {
    answer: Served<wit::Response>,
    /// Whether it was sent. Else the policy refused it, or it means nothing.
    was_sent: bool,
}

impl CallState {
    /// Sends a request, or refuses it, and notes what came of it.
    fn send_now(
        &mut self,
        asked: &Asked,
        subject: &str,
        request: wit::Request,
    ) -> wasmtime::Result<Served<wit::Response>> {
        let seconds = request.seconds;
        let is_repeatable = may_be_repeated(&request.method);
        let cleared = self.clear_request(subject, written(request));
        self.note_request(subject, cleared.as_ref());
        let sent = match cleared {
            Ok(_) if self.was_begun(asked) && !is_repeatable => Sent {
                answer: Err(may_have_arrived()),
                was_sent: true,
            },
            Ok(cleared) => {
                // Nothing is sent that is not on record.
                self.note_begun(asked);
                self.record_now()?;
                let answer = self.send_cleared(cleared, seconds);
                self.note_requests();
                Sent { answer, was_sent: true }
            }
            Err(refusal) => Sent {
                answer: Err(refusal),
                was_sent: false,
            },
        };
        self.note_answer(asked, &sent)?;
        if sent.was_sent {
            self.record_outside()?;
        }
        Ok(sent.answer)
    }

    /// Gives the answer to a request that was sent, or refused, before a kill.
    fn sent_before(&mut self, subject: &str, sent: Sent) -> wasmtime::Result<Served<wit::Response>> {
        let Sent { answer, was_sent } = sent;
        if !was_sent {
            let (granted, told) = ruling(answer.as_ref());
            self.accesses
                .note(Permission::HttpSend, subject, granted, &told, String::new);
            return Ok(answer);
        }
        let known = || "it was sent before the call was interrupted".to_owned();
        self.accesses.note(Permission::HttpSend, subject, true, "", known);
        self.requests.count_known();
        self.record_now()?;
        if let Err(refusal @ (contract::Refusal::Denied(_) | contract::Refusal::Limit(_))) = &answer {
            let (granted, told) = ruling::<()>(Err(refusal));
            self.accesses
                .note(Permission::HttpSend, subject, granted, &told, String::new);
        }
        Ok(answer)
    }

    fn send_cleared(&mut self, cleared: Cleared, seconds: Option<u32>) -> Served<wit::Response> {
        let Cleared {
            egress,
            prepared,
            mut going,
        } = cleared;
        let (response, done) = egress.send_waiting(prepared, self.request_time(seconds));
        going.done = done;
        going.refused = response.as_ref().err().cloned();
        response.map(told).map_err(refusal)
    }
}

/// The request as the guest wrote it.
fn written(request: wit::Request) -> Request {
    let headers = request.headers.into_iter();
    Request {
        method: request.method,
        url: request.url,
        headers: headers.map(|header| (header.name, header.value.into_bytes())).collect(),
        body: request.body,
    }
}

fn told(response: Response) -> wit::Response {
    let headers = response.headers.into_iter().map(|(name, value)| wit::Header {
        name,
        value: String::from_utf8_lossy(&value).into_owned(),
    });
    wit::Response {
        status: response.status,
        headers: headers.collect(),
        body: response.body,
    }
}

impl Argument for Vec<wit::Header> {
    fn feed(&self, hasher: &mut Hasher) {
        (self.len() as u64).feed(hasher);
        for header in self {
            header.name.feed(hasher);
            header.value.feed(hasher);
        }
    }
}

impl Answer for wit::Response {
    fn weight(&self) -> u64 {
        let headers = self
            .headers
            .iter()
            .map(|header| header.name.len().saturating_add(header.value.len()));
        sum(headers.chain([self.body.len()]))
    }

    fn record(&self, transcript: &mut Transcript) {
        transcript.number(u64::from(self.status));
        transcript.number(self.headers.len() as u64);
        for header in &self.headers {
            transcript.bytes(header.name.as_bytes());
            transcript.bytes(header.value.as_bytes());
        }
        transcript.bytes(&self.body);
    }
}
