//! Which requests a plugin may send.

use super::network::Network;
use super::place::Place;
use std::fmt;

/// The methods that a role may name.
pub const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/// One `[[roles.NAME.http]]`: requests to one origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpGrant {
    /// Where to: `https://host` or `https://host:port`, in the one form that a policy may write.
    pub origin: String,
    /// How, sorted.
    pub methods: Vec<&'static str>,
    /// The path that is open, with everything below it.
    pub path_prefix: String,
    /// Networks that are not the internet's, into which the origin's name may lead. Sorted.
    pub networks: Vec<Network>,
    /// Which line of the policy says so.
    pub place: Place,
}

impl HttpGrant {
    /// Tells whether the grant opens a request. `path` is the request's own path, without its query, in which nothing is
    /// left to resolve.
    #[must_use]
    pub fn opens(&self, origin: &str, method: &str, path: &str) -> bool {
        self.origin == origin && self.methods.contains(&method) && is_below(path, &self.path_prefix)
    }

    /// Tells whether this grant opens everything that `other` opens.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        self.origin == other.origin
            && other.methods.iter().all(|method| self.methods.contains(method))
            && is_below(&other.path_prefix, &self.path_prefix)
            && other
                .networks
                .iter()
                .all(|network| self.networks.iter().any(|mine| mine.covers(network)))
    }

    /// Returns the grant of what both open, if they open anything together.
    #[must_use]
    pub fn both(&self, other: &Self) -> Option<Self> {
        let narrower = if is_below(&self.path_prefix, &other.path_prefix) {
            &self.path_prefix
        } else if is_below(&other.path_prefix, &self.path_prefix) {
            &other.path_prefix
        } else {
            return None;
        };
        let mut methods = self.methods.clone();
        methods.retain(|method| other.methods.contains(method));
        (self.origin == other.origin && !methods.is_empty()).then(|| Self {
            origin: self.origin.clone(),
            methods,
            path_prefix: narrower.clone(),
            networks: Network::both(&self.networks, &other.networks),
            place: self.place.clone(),
        })
    }
}

impl fmt::Display for HttpGrant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}{}", self.methods.join("/"), self.origin, self.path_prefix)?;
        match self.networks.as_slice() {
            [] => Ok(()),
            networks => {
                let names: Vec<String> = networks.iter().map(ToString::to_string).collect();
                write!(f, " in {}", names.join(", "))
            }
        }
    }
}

/// Tells whether a path is `prefix` itself or below it, part by part: `/repos` opens `/repos/x` and not `/repos-private`.
fn is_below(path: &str, prefix: &str) -> bool {
    path.strip_prefix(prefix)
        .is_some_and(|rest| rest.is_empty() || prefix.ends_with('/') || rest.starts_with('/'))
}

/// Tells whether `text` is an origin in the one form that a policy may write: so that two origins are the same where their
/// texts are.
#[must_use]
pub fn is_origin(text: &str) -> bool {
    let (rest, is_plain) = match (text.strip_prefix("https://"), text.strip_prefix("http://")) {
        (Some(rest), _) => (rest, false),
        (None, Some(rest)) => (rest, true),
        (None, None) => return false,
    };
    let (host, port) = match rest.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (rest, None),
    };
    let standard_port = if is_plain { 80 } else { 443 };
    let is_port = |port: &str| {
        port.parse::<u16>()
            .is_ok_and(|number| number > 0 && number != standard_port && number.to_string() == port)
    };
    let is_local = matches!(host, "localhost" | "127.0.0.1" | "[::1]");
    is_host(host) && port.is_none_or(is_port) && (!is_plain || is_local)
}

/// Tells whether `host` is a name in lower case or an address in its shortest form.
fn is_host(host: &str) -> bool {
    if let Some(address) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return address
            .parse::<core::net::Ipv6Addr>()
            .is_ok_and(|parsed| parsed.to_string() == address);
    }
    if host.parse::<core::net::Ipv4Addr>().is_ok() {
        return true;
    }
    let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(is_letter)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    // Some clients read a name whose last part begins with a digit as an address, in forms that nobody expects.
    let last_is_word = host
        .rsplit('.')
        .next()
        .is_some_and(|label| !label.starts_with(|digit: char| digit.is_ascii_digit()));
    host.len() <= 253 && last_is_word && host.split('.').all(is_label)
}

/// Tells whether `text` is a path that a grant may open: absolute, printable, and with nothing in it that somebody on the way
/// could resolve to another path.
#[must_use]
pub fn is_path_prefix(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    text.starts_with('/')
        && text
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'?' | b'#' | b'\\'))
        && !text.split('/').any(|part| part == "." || part == "..")
        && !text.contains("//")
        && !["%2e", "%2f", "%5c"].iter().any(|escape| lower.contains(escape))
}

#[cfg(test)]
mod tests {
    use super::{is_below, is_origin, is_path_prefix};

    #[test]
    fn an_origin_has_one_form() {
        for good in [
            "https://api.github.com",
            "https://localhost",
            "http://localhost:8080",
            "http://127.0.0.1:1",
            "http://[::1]",
            "https://10.0.0.1",
            "https://[2001:db8::1]:8443",
            "https://xn--bcher-kva.example:444",
        ] {
            assert!(is_origin(good), "{good}");
        }
        for bad in [
            "",
            "api.github.com",
            "ftp://a.example",
            "http://a.example",
            "https://",
            "https://A.example",
            "https://a.example/",
            "https://a.example:443",
            "http://localhost:80",
            "https://a.example:0",
            "https://a.example:08",
            "https://a.example:99999",
            "https://a.example:",
            "https://user@a.example",
            "https://*.example",
            "https://a..example",
            "https://a.example.",
            "https://-a.example",
            "https://2130706433",
            "https://0x7f000001",
            "https://127.1",
            "https://010.0.0.1",
            "https://[::0001]",
            "https://[::1",
            "https://::1",
            "https://bücher.example",
            "https://a.example?x",
            "https://a b",
        ] {
            assert!(!is_origin(bad), "{bad}");
        }
    }

    #[test]
    fn a_prefix_opens_whole_parts() {
        for (path, prefix, yes) in [
            ("/repos/x", "/repos/", true),
            ("/repos", "/repos/", false),
            ("/repos", "/repos", true),
            ("/repos/x", "/repos", true),
            ("/repos-private", "/repos", false),
            ("/anything", "/", true),
        ] {
            assert_eq!(is_below(path, prefix), yes, "{path} {prefix}");
        }
        for bad in [
            "",
            "repos",
            "/a/../b",
            "/./a",
            "/%2E%2e/x",
            "/a%2fb",
            "/a?b",
            "/a#b",
            "/a\\b",
            "//a",
            "/a b",
            "/é",
        ] {
            assert!(!is_path_prefix(bad), "{bad}");
        }
        assert!(is_path_prefix("/repos/my-org/..x/%20"));
    }
}
