//! Where a request goes, read from the address as somebody wrote it. Pure.
//!
//! There is one form for each address, the one that policies are written in, and nothing is put right: what could be read as
//! two addresses by two programs is none. So what was checked is what is sent, letter by letter.

use std::fmt;

use super::address::Host;
use crate::policy::http::{is_origin, is_path_prefix};

/// The longest address, in bytes.
pub const TARGET_BYTES_MAX: usize = 8 << 10;

/// The address of a request, taken apart.
#[derive(Clone, PartialEq, Eq)]
pub struct Target {
    origin: String,
    host: Host,
    port: u16,
    is_plain: bool,
    path: String,
    query: Option<String>,
}

/// Why a text is no address of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// Too long.
    #[error("the address is longer than {} KiB", TARGET_BYTES_MAX >> 10)]
    TooLong,
    /// It is not one of the web.
    #[error("the address starts with neither `https://` nor `http://`")]
    Scheme,
    /// It has characters that no address has.
    #[error("the address has characters that must be written as `%` and two digits, or a `%` without them")]
    Characters,
    /// Its origin has another form than policies use.
    #[error(
        "the address's origin is not in its one form: the host in lower case, `xn--` for other letters, an IP address in its \
         shortest form, no user, no final dot, the port only where it is not the usual one, and `http://` only for this machine"
    )]
    Origin,
    /// Its path leaves something to resolve.
    #[error(
        "the address's path leaves something to resolve: `.`, `..`, `//`, or escaped dots, slashes and control characters"
    )]
    Path,
    /// It has a fragment.
    #[error("the address has a fragment, which is never sent; leave out `#` and what follows")]
    Fragment,
}

impl Target {
    /// Reads an address.
    ///
    /// # Errors
    ///
    /// [`Malformed`], which repeats nothing of the text.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        if text.len() > TARGET_BYTES_MAX {
            return Err(Malformed::TooLong);
        }
        let is_plain = text.starts_with("http://");
        let scheme_end = match (text.starts_with("https://"), is_plain) {
            (true, _) => "https://".len(),
            (_, true) => "http://".len(),
            _ => return Err(Malformed::Scheme),
        };
        if text.contains('#') {
            return Err(Malformed::Fragment);
        }
        let after = text.get(scheme_end..).unwrap_or_default();
        let length = after.find(['/', '?', '\\']).unwrap_or(after.len());
        let (origin, rest) = text
            .split_at_checked(scheme_end.saturating_add(length))
            .ok_or(Malformed::Origin)?;
        if !is_origin(origin) {
            return Err(Malformed::Origin);
        }
        let (path, query) = match rest.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (rest, None),
        };
        let path = if path.is_empty() { "/" } else { path };
        if !is_written(path, b"/") || !query.is_none_or(|query| is_written(query, b"/?[]{}")) {
            return Err(Malformed::Characters);
        }
        if !is_resolved(path) {
            return Err(Malformed::Path);
        }
        let authority = origin.get(scheme_end..).unwrap_or_default();
        let (host, port) = split(authority, if is_plain { 80 } else { 443 }).ok_or(Malformed::Origin)?;
        Ok(Self {
            origin: origin.to_owned(),
            host,
            port,
            is_plain,
            path: path.to_owned(),
            query: query.map(str::to_owned),
        })
    }

    /// The scheme, host and port, as policies write them.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The host.
    #[must_use]
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// The port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Whether it goes without encryption, which is for this machine alone.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.is_plain
    }

    /// The path, without the query.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What follows the first `?`.
    #[must_use]
    pub fn query(&self) -> Option<&str> {
        self.query.as_deref()
    }

    /// Puts another query in the place of this one.
    pub(super) fn set_query(&mut self, query: String) {
        self.query = Some(query);
    }

    /// The host and port, as a server is told for whom a request is.
    #[must_use]
    pub fn authority(&self) -> &str {
        self.origin.split_once("://").map_or("", |(_, authority)| authority)
    }

    /// The path and query, as they are sent.
    #[must_use]
    pub fn path_and_query(&self) -> String {
        match &self.query {
            Some(query) => format!("{}?{query}", self.path),
            None => self.path.clone(),
        }
    }

    /// Follows a reference of an answer, as far as it has one of the plain forms: a whole address, one without the scheme, a path
    /// from the root, or a name beside the last part of the path.
    ///
    /// # Errors
    ///
    /// [`Malformed`] where the result is no address.
    pub fn follow(&self, reference: &str) -> Result<Self, Malformed> {
        // A fragment is for whoever shows the answer; it is never sent.
        let reference = reference.split('#').next().unwrap_or_default();
        let scheme = if self.is_plain { "http:" } else { "https:" };
        let first = reference.split(['/', '?']).next().unwrap_or_default();
        let text = if first.contains(':') {
            reference.to_owned()
        } else if reference.starts_with("//") {
            format!("{scheme}{reference}")
        } else if reference.starts_with('/') {
            format!("{}{reference}", self.origin)
        } else if reference.starts_with('?') {
            format!("{}{}{reference}", self.origin, self.path)
        } else {
            let folder = self
                .path
                .rfind('/')
                .map_or("/", |at| self.path.get(..=at).unwrap_or("/"));
            format!("{}{folder}{reference}", self.origin)
        };
        Self::parse(&text)
    }
}

/// The query may hold secrets, so it is never shown.
impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// Everything but the query.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.origin, self.path)
    }
}

/// Takes host and port apart. The origin is in its one form already.
fn split(authority: &str, standard_port: u16) -> Option<(Host, u16)> {
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, port.parse().ok()?),
        _ => (authority, standard_port),
    };
    let literal = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let host = match literal.unwrap_or(host).parse() {
        Ok(address) => Host::Address(address),
        Err(_) if literal.is_some() => return None,
        Err(_) => Host::Name(host.to_owned()),
    };
    Some((host, port))
}

/// Tells whether every character may stand in a path or query as it is, and every `%` has its two digits.
fn is_written(text: &str, besides: &[u8]) -> bool {
    let bytes = text.as_bytes();
    bytes.iter().enumerate().all(|(at, byte)| match byte {
        b'%' => {
            let digit = |after: usize| {
                let place = at.saturating_add(after);
                bytes.get(place).is_some_and(u8::is_ascii_hexdigit)
            };
            digit(1) && digit(2)
        }
        _ => byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@".contains(byte) || besides.contains(byte),
    })
}

/// Tells whether nobody on the way could take a path for another one.
fn is_resolved(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    // Some servers undo escapes twice, and some cut a part at its `;` before they resolve it.
    let is_twice = ["%252e", "%252f", "%255c"].iter().any(|escape| lower.contains(escape));
    let has_dots = path
        .split('/')
        .any(|part| matches!(part.split(';').next(), Some("." | "..")));
    let has_control = lower.match_indices('%').any(|(at, _)| {
        let digits = lower
            .get(at.saturating_add(1)..at.saturating_add(3))
            .unwrap_or_default();
        digits.starts_with(['0', '1']) || digits == "7f"
    });
    is_path_prefix(path) && !is_twice && !has_dots && !has_control
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_what_is_sent() {
        for (text, origin, sent) in [
            ("https://api.github.com", "https://api.github.com", "/"),
            ("https://api.github.com/", "https://api.github.com", "/"),
            (
                "https://a.example:444/x/y?q=1&r=%20",
                "https://a.example:444",
                "/x/y?q=1&r=%20",
            ),
            ("https://a.example?q", "https://a.example", "/?q"),
            ("https://a.example/?", "https://a.example", "/?"),
            ("http://localhost:8080/a;b=1", "http://localhost:8080", "/a;b=1"),
            ("https://[2001:db8::1]:8443/a", "https://[2001:db8::1]:8443", "/a"),
            (
                "https://xn--bcher-kva.example/%C3%A9",
                "https://xn--bcher-kva.example",
                "/%C3%A9",
            ),
            ("https://a.example/?u=//b/../c", "https://a.example", "/?u=//b/../c"),
            (
                "https://a.example/?t={{secret:t}}",
                "https://a.example",
                "/?t={{secret:t}}",
            ),
        ] {
            let target = Target::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(
                (target.origin(), target.path_and_query().as_str()),
                (origin, sent),
                "{text}"
            );
        }
        let target = Target::parse("https://[2001:db8::1]:8443/a").expect("an address");
        assert_eq!((target.authority(), target.port()), ("[2001:db8::1]:8443", 8443));
        assert_eq!(
            *target.host(),
            Host::Address("2001:db8::1".parse().expect("an address"))
        );
        assert_eq!(Target::parse("https://10.0.0.1").expect("an address").port(), 443);
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused() {
        for (text, why) in [
            ("", Malformed::Scheme),
            ("ftp://a.example/", Malformed::Scheme),
            ("HTTPS://a.example/", Malformed::Scheme),
            ("//a.example/", Malformed::Scheme),
            (" https://a.example/", Malformed::Scheme),
            ("https://user@a.example/", Malformed::Origin),
            ("https://user:password@a.example/", Malformed::Origin),
            ("https://a.example@b.example/", Malformed::Origin),
            ("https://a.example:443/", Malformed::Origin),
            ("https://A.example/", Malformed::Origin),
            ("https://a.example./", Malformed::Origin),
            ("https://bücher.example/", Malformed::Origin),
            ("https://a%2eexample/", Malformed::Origin),
            ("https://0177.0.0.1/", Malformed::Origin),
            ("https://0x7f.0.0.1/", Malformed::Origin),
            ("https://2130706433/", Malformed::Origin),
            ("https://127.1/", Malformed::Origin),
            ("https://[::ffff:7f00:1]/", Malformed::Origin),
            ("https://[fe80::1%25eth0]/", Malformed::Origin),
            ("https://a.example\\@b.example/", Malformed::Characters),
            ("https:///a", Malformed::Origin),
            ("https://", Malformed::Origin),
            ("http://a.example/", Malformed::Origin),
            ("https://a.example\t/", Malformed::Origin),
            ("https://a.example/\\x", Malformed::Characters),
            ("https://a.example/a b", Malformed::Characters),
            ("https://a.example/é", Malformed::Characters),
            ("https://a.example/a\r\nHost: b", Malformed::Characters),
            ("https://a.example/%", Malformed::Characters),
            ("https://a.example/%zz", Malformed::Characters),
            ("https://a.example/?a=%0", Malformed::Characters),
            ("https://a.example/{x}", Malformed::Characters),
            ("https://a.example/../x", Malformed::Path),
            ("https://a.example/x/.", Malformed::Path),
            ("https://a.example/x/..;a/y", Malformed::Path),
            ("https://a.example/%2e%2e/x", Malformed::Path),
            ("https://a.example/%252E%252e/x", Malformed::Path),
            ("https://a.example/a%2Fb", Malformed::Path),
            ("https://a.example/a%5cb", Malformed::Path),
            ("https://a.example/a%00", Malformed::Path),
            ("https://a.example/a%0d%0ab", Malformed::Path),
            ("https://a.example//x", Malformed::Path),
            ("https://a.example/#x", Malformed::Fragment),
        ] {
            assert_eq!(Target::parse(text), Err(why), "{text:?}");
        }
        let long = format!("https://a.example/{}", "x".repeat(TARGET_BYTES_MAX));
        assert_eq!(Target::parse(&long), Err(Malformed::TooLong));
    }

    #[test]
    fn a_reference_leads_where_it_says() {
        let from = Target::parse("https://a.example/x/y?z").expect("an address");
        for (reference, to) in [
            ("https://b.example/q?r#s", Ok("https://b.example/q")),
            ("//b.example/q", Ok("https://b.example/q")),
            ("/q", Ok("https://a.example/q")),
            ("q", Ok("https://a.example/x/q")),
            ("?q", Ok("https://a.example/x/y")),
            ("", Ok("https://a.example/x/")),
            ("../q", Err(Malformed::Path)),
            ("http://b.example/", Err(Malformed::Origin)),
            ("https://user@b.example/", Err(Malformed::Origin)),
            ("/\\b.example", Err(Malformed::Characters)),
            ("file://b/etc", Err(Malformed::Scheme)),
            ("javascript:x", Err(Malformed::Scheme)),
        ] {
            let followed = from.follow(reference).map(|target| target.to_string());
            assert_eq!(followed, to.map(str::to_owned), "{reference}");
        }
    }

    #[test]
    fn nothing_that_shows_a_target_shows_its_query() {
        let target = Target::parse("https://a.example/x?key=value").expect("an address");
        assert_eq!(
            format!("{target} {target:?}"),
            "https://a.example/x https://a.example/x"
        );
    }
}
