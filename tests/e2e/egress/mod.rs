//! The way out: the same rules, bounds and records for every request, whichever way it leaves.

mod bounds;
mod encryption;
mod records;
mod rules;
mod secrets;

use std::collections::BTreeMap;
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use assize::egress::{Answer, Bounds, Egress, Patience, Request, Resolve, Rules, Trust};
use assize::outcome::{Access, Outcome, Outing, RequestUse};
use assize::policy::permission::Permission;
use assize::sandbox::{Account, Done, Outside};
use assize::secret::{Secrets, Value};
use assize_tests::guests::{self, Asked, Body};
use assize_tests::workshop::Workshop;

/// By which way a request leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// An agent's `http.send`.
    Send,
    /// An agent's `wasi:http`.
    Wasi,
    /// Assize's own.
    Fetch,
}

const WAYS: [Way; 3] = [Way::Send, Way::Wasi, Way::Fetch];

/// What came of a request.
#[derive(Debug)]
struct Seen {
    /// Whether there was an answer.
    answered: bool,
    /// The body of the answer, or why there is none.
    text: String,
    /// The requests on record.
    requests: Vec<RequestUse>,
    /// The uses of powers on record; none for Assize's own requests.
    accesses: Vec<Access>,
}

impl Seen {
    /// What came of the last request, as it is on record, with the refusal where it never was one.
    fn why(&self) -> String {
        let outcome = self.requests.last().map(|request| request.outcome.clone());
        let refused = self.accesses.iter().filter(|access| !access.granted || !self.answered);
        let reasons: Vec<&str> = refused.map(|access| access.reason.as_str()).collect();
        format!("{} {} {}", outcome.unwrap_or_default(), reasons.join(" "), self.text)
    }
}

/// Names and where they lead.
#[derive(Debug, Default)]
struct Names {
    answers: BTreeMap<&'static str, Vec<IpAddr>>,
    /// The names that were asked for.
    asked: Mutex<Vec<String>>,
}

impl Names {
    fn of(answers: &[(&'static str, &[&str])]) -> Self {
        let address = |text: &&str| text.parse().expect("an address");
        Self {
            answers: answers
                .iter()
                .map(|(name, addresses)| (*name, addresses.iter().map(address).collect()))
                .collect(),
            asked: Mutex::default(),
        }
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Resolve for Names {
    fn resolve<'a>(&'a self, name: &'a str) -> Answer<'a> {
        self.asked
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(name.to_owned());
        let answer = self.answers.get(name).cloned();
        Box::pin(std::future::ready(
            answer.ok_or_else(|| io::Error::other("no such name")),
        ))
    }
}

/// Little patience, so that the tests are soon over.
const PATIENCE: Patience = Patience {
    resolve: Duration::from_secs(2),
    connect: Duration::from_secs(2),
    head: Duration::from_millis(1_500),
    idle: Duration::from_millis(800),
};

fn egress(names: Arc<Names>, trust: Trust) -> Egress {
    Egress::new(names, trust, PATIENCE)
}

/// The ways out for requests that need no names and no encryption.
fn plain() -> Outside {
    Outside {
        egress: Some(egress(Arc::default(), Trust::default())),
        ..Outside::default()
    }
}

fn secrets(pairs: &[(&str, &str)]) -> Secrets {
    let value = |(name, value): &(&str, &str)| ((*name).to_owned(), Value::new((*value).to_owned()));
    Secrets::new(pairs.iter().map(value).collect())
}

/// A role that may send requests, with these lines behind it.
fn role(lines: &str) -> String {
    format!("allow = [\"http.send\"]\n{lines}")
}

/// The grant of some methods to an origin.
fn grant(origin: &str, methods: &str, more: &str) -> String {
    format!("[[roles.agent.http]]\norigin = \"{origin}\"\nmethods = [{methods}]\n{more}\n")
}

/// Sends a request one way, under a role.
fn ask(way: Way, outside: &Outside, role: &str, asked: &Asked) -> Seen {
    let mut workshop = Workshop::open();
    workshop.outside = outside.clone();
    ask_in(&workshop, way, role, asked)
}

fn ask_in(workshop: &Workshop, way: Way, role: &str, asked: &Asked) -> Seen {
    match way {
        Way::Send => seen(workshop.run(role, &guests::sending_agent(asked))),
        Way::Wasi => seen(workshop.run(role, &guests::wasi_sending_agent(asked))),
        Way::Fetch => fetched(workshop, role, asked),
    }
}

fn seen(account: Account<Done>) -> Seen {
    let requests = account.outings.iter().filter_map(|outing| match outing {
        Outing::Request(request) => Some(request.clone()),
        Outing::Command(_) => None,
    });
    let requests = requests.collect();
    match account.outcome {
        Outcome::Finished(done) => Seen {
            answered: done.output == "true",
            text: done.summary,
            requests,
            accesses: account.accesses,
        },
        Outcome::Ended(absence, detail) => panic!("{absence:?}: {detail}, after {requests:?}"),
    }
}

fn fetched(workshop: &Workshop, role: &str, asked: &Asked) -> Seen {
    let agent = workshop.load(&guests::sending_agent(asked));
    let grants = workshop.grants(role, &agent);
    assert!(grants.allows(Permission::HttpSend));
    let egress = workshop.outside.egress.clone().expect("a way out");
    let body = match &asked.body {
        Body::Nothing => Vec::new(),
        Body::Text(text) => text.clone().into_bytes(),
        Body::Bytes(length) => vec![b'x'; *length as usize],
    };
    let headers = asked.headers.iter();
    let request = Request {
        method: asked.method.clone(),
        url: asked.url.clone(),
        headers: headers
            .map(|(name, value)| (name.clone(), value.clone().into_bytes()))
            .collect(),
        body,
    };
    let bounds = Bounds::of(grants.limits());
    let fetched = egress.fetch_waiting(&Rules::of(&grants), bounds, &workshop.outside.secrets, request);
    let (answered, text) = match fetched.response {
        Ok(response) => (true, String::from_utf8_lossy(&response.body).into_owned()),
        Err(refused) => (false, refused.outcome()),
    };
    Seen {
        answered,
        text,
        requests: fetched.requests,
        accesses: Vec::new(),
    }
}
