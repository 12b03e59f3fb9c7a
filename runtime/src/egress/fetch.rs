//! Requests of Assize itself, which follow redirections. Each one is checked like a first request.

use std::time::Duration;

use super::refused::Refused;
use super::request::{Prepared, Request};
use super::rules::{Bounds, Rules};
use super::target::Target;
use super::{Egress, Response};
use crate::outcome::RequestUse;
use crate::secret::Secrets;

/// How many redirections are followed.
pub const REDIRECTIONS_MAX: usize = 5;

/// Headers that say who asks. Nobody but the one they were meant for hears them.
const PERSONAL: [&str; 2] = ["authorization", "cookie"];
/// How a placeholder of a secret begins.
const PLACEHOLDER: &[u8] = b"{{secret:";

/// What came of a request and of those it led to.
#[derive(Debug)]
pub struct Fetched {
    /// The last answer, or why there is none.
    pub response: Result<Response, Refused>,
    /// Every request that was sent, in order.
    pub requests: Vec<RequestUse>,
}

impl Egress {
    /// Sends a request of Assize's own and follows redirections, all of it within one time. Needs a runtime with input and output.
    pub async fn fetch(&self, rules: &Rules, bounds: Bounds, secrets: &Secrets, request: Request) -> Fetched {
        let mut requests = Vec::new();
        let started = tokio::time::Instant::now();
        let mut request = request;
        for _ in 0..=REDIRECTIONS_MAX {
            let left = bounds.time.saturating_sub(started.elapsed());
            let (response, done) = match self.step(rules, bounds, secrets, &request, left).await {
                Ok(sent) => sent,
                Err(refused) => {
                    return Fetched {
                        response: Err(refused),
                        requests,
                    };
                }
            };
            requests.push(done);
            let next = match &response {
                Ok(response) => next(&request, response),
                Err(_) => None,
            };
            request = match next {
                None => return Fetched { response, requests },
                Some(Ok(next)) => next,
                Some(Err(refused)) => {
                    return Fetched {
                        response: Err(refused),
                        requests,
                    };
                }
            };
        }
        Fetched {
            response: Err(Refused::Unavailable(format!(
                "it was redirected more than {REDIRECTIONS_MAX} times"
            ))),
            requests,
        }
    }

    /// Like [`Egress::fetch`], for a caller that waits, on whatever thread it stands.
    #[must_use]
    pub fn fetch_waiting(&self, rules: &Rules, bounds: Bounds, secrets: &Secrets, request: Request) -> Fetched {
        let (egress, rules, secrets) = (self.clone(), rules.clone(), secrets.clone());
        let fetching = async move { egress.fetch(&rules, bounds, &secrets, request).await };
        self.wait(fetching, bounds.time).unwrap_or_else(|refused| Fetched {
            response: Err(refused),
            requests: Vec::new(),
        })
    }

    async fn step(
        &self,
        rules: &Rules,
        bounds: Bounds,
        secrets: &Secrets,
        request: &Request,
        left: Duration,
    ) -> Result<(Result<Response, Refused>, RequestUse), Refused> {
        let prepared = Prepared::check(rules, bounds, secrets, request.clone())?;
        Ok(self.send(prepared, left).await)
    }
}

/// The request that an answer leads to; nothing where it leads nowhere.
fn next(request: &Request, response: &Response) -> Option<Result<Request, Refused>> {
    if !matches!(response.status, 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let (_, location) = response.headers.iter().find(|(name, _)| name == "location")?;
    Some(redirected(request, response.status, location))
}

fn redirected(request: &Request, status: u16, location: &[u8]) -> Result<Request, Refused> {
    let wrong = |why: String| Refused::Unavailable(format!("it was redirected to where nothing is sent: {why}"));
    let from = Target::parse(&request.url).map_err(|error| wrong(error.to_string()))?;
    let location = std::str::from_utf8(location).map_err(|_| wrong("the address is not ASCII".into()))?;
    let to = from.follow(location).map_err(|error| wrong(error.to_string()))?;
    let mut next = Request {
        url: format!("{}{}", to.origin(), to.path_and_query()),
        ..request.clone()
    };
    let becomes_get = match status {
        303 => request.method != "HEAD",
        301 | 302 => request.method == "POST",
        _ => false,
    };
    if becomes_get {
        next.method = "GET".to_owned();
        next.body = Vec::new();
        next.headers
            .retain(|(name, _)| !name.to_ascii_lowercase().starts_with("content-"));
    }
    if to.origin() != from.origin() {
        next.headers.retain(|(name, value)| {
            let is_personal = PERSONAL.iter().any(|personal| name.eq_ignore_ascii_case(personal));
            !is_personal && memchr::memmem::find(value, PLACEHOLDER).is_none()
        });
    }
    Ok(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(method: &str) -> Request {
        let header = |name: &str, value: &str| (name.to_owned(), value.as_bytes().to_vec());
        Request {
            method: method.to_owned(),
            url: "https://a.example/x/y?z".to_owned(),
            headers: vec![
                header("Authorization", "Bearer t"),
                header("X-Key", "{{secret:key}}"),
                header("Content-Type", "text/plain"),
                header("Accept", "*/*"),
            ],
            body: b"body".to_vec(),
        }
    }

    #[test]
    fn the_method_follows_the_status() {
        for (method, status, then) in [
            ("POST", 301, "GET"),
            ("POST", 302, "GET"),
            ("POST", 303, "GET"),
            ("POST", 307, "POST"),
            ("POST", 308, "POST"),
            ("PUT", 302, "PUT"),
            ("PUT", 303, "GET"),
            ("HEAD", 303, "HEAD"),
            ("GET", 302, "GET"),
        ] {
            let next = redirected(&request(method), status, b"/q").expect("it leads somewhere");
            assert_eq!((next.method.as_str(), next.url.as_str()), (then, "https://a.example/q"));
            let keeps_body = method == then && !(method == "HEAD" && status == 303) || then == "HEAD";
            assert_eq!(next.body.is_empty(), !keeps_body, "{method} {status}");
        }
    }

    #[test]
    fn another_origin_hears_nothing_that_was_not_meant_for_it() {
        let names = |location: &str| -> Vec<String> {
            let next = redirected(&request("GET"), 302, location.as_bytes()).expect("it leads somewhere");
            next.headers.into_iter().map(|(name, _)| name).collect()
        };
        assert_eq!(names("/q"), ["Authorization", "X-Key", "Content-Type", "Accept"]);
        assert_eq!(names("https://b.example/q"), ["Content-Type", "Accept"]);
        assert_eq!(names("https://a.example:444/q"), ["Content-Type", "Accept"]);
    }

    #[test]
    fn what_is_no_address_is_not_followed() {
        for location in [
            "https://user@b.example/",
            "http://b.example/",
            "//b.example\\x",
            "../x",
            "file:///etc",
        ] {
            assert!(
                redirected(&request("GET"), 302, location.as_bytes()).is_err(),
                "{location}"
            );
        }
    }
}
