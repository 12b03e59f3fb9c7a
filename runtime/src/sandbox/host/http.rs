//! `http`: requests to servers outside.

use crate::egress::{Request, Response};
use crate::policy::permission::Permission;
use crate::sandbox::bindings::http as wit;
use crate::sandbox::host::serve::{Answer, Served, sum};
use crate::sandbox::requests::{Cleared, refusal, subject};
use crate::sandbox::state::CallState;
use crate::sandbox::transcript::Transcript;

impl wit::Host for CallState {
    fn send(&mut self, request: wit::Request) -> wasmtime::Result<Served<wit::Response>> {
        self.enter(Permission::HttpSend)?;
        self.accesses.must_have_room()?;
        let subject = subject(&request.method, &request.url);
        let seconds = request.seconds;
        let cleared = self.clear_request(&subject, written(request));
        self.note_request(&subject, &cleared);
        let answer = match cleared {
            Ok(cleared) => {
                // Nothing is sent that is not on record.
                self.record_now()?;
                let answer = self.send_cleared(cleared, seconds);
                self.note_requests()?;
                answer.and_then(|answer| self.weighed(answer))
            }
            Err(refusal) => Err(refusal),
        };
        self.record_some()?;
        self.tell(&answer);
        Ok(answer)
    }
}

impl CallState {
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
