//! The shapes of vendors' keys, as their documentation and the prefixes they publish for scanners describe them.

/// A key as a vendor writes it: a prefix, then a body.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    /// What it is, for the message.
    pub(super) name: &'static str,
    /// What it begins with.
    pub(super) prefix: &'static str,
    /// What the body is written in.
    pub(super) alphabet: Alphabet,
    /// The least number of characters in the body.
    pub(super) body_min: usize,
    /// The largest number of characters in the body.
    pub(super) body_max: usize,
    /// What it opens.
    pub(super) weight: Weight,
}

/// What a key opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    /// Somebody's account, money or users.
    Live,
    /// A sandbox that the vendor gives for tests.
    Test,
    /// Something that programs on strangers' machines carry by design, such as a web page's key for a map.
    Public,
}

/// The characters of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Alphabet {
    /// `A`–`Z` and `2`–`7`, as AWS writes it with digits 0 to 9 allowed.
    UpperDigits,
    /// Letters and digits.
    Base62,
    /// Letters, digits, `-` and `_`.
    Base64Url,
    /// Letters, digits, `-`, `_` and `.`.
    Dotted,
    /// `0`–`9` and `a`–`f`.
    Hex,
    /// Letters, digits, `+`, `/` and `=`.
    Base64,
}

impl Alphabet {
    /// Tells whether a byte belongs to it.
    pub(super) fn has(self, byte: u8) -> bool {
        match self {
            Self::UpperDigits => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
            Self::Base62 => byte.is_ascii_alphanumeric(),
            Self::Base64Url => byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'),
            Self::Dotted => byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'),
            Self::Hex => byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte),
            Self::Base64 => byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='),
        }
    }
}

const fn live(name: &'static str, prefix: &'static str, alphabet: Alphabet, body_min: usize, body_max: usize) -> Shape {
    Shape {
        name,
        prefix,
        alphabet,
        body_min,
        body_max,
        weight: Weight::Live,
    }
}

use Alphabet::{Base62, Base64, Base64Url, Dotted, Hex, UpperDigits};

/// Every shape. Where two prefixes fit, the longer one stands first.
pub(super) static SHAPES: [Shape; 54] = [
    live("AWS access key id", "AKIA", UpperDigits, 16, 16),
    live("AWS temporary access key id", "ASIA", UpperDigits, 16, 16),
    live("GitHub fine-grained token", "github_pat_", Base64Url, 60, 100),
    live("GitHub personal token", "ghp_", Base62, 36, 255),
    live("GitHub OAuth token", "gho_", Base62, 36, 255),
    live("GitHub user token", "ghu_", Base62, 36, 255),
    live("GitHub server token", "ghs_", Base62, 36, 255),
    live("GitHub refresh token", "ghr_", Base62, 36, 255),
    live("GitLab personal token", "glpat-", Dotted, 20, 320),
    live("GitLab deploy token", "gldt-", Base64Url, 20, 64),
    live("GitLab runner token", "glrt-", Dotted, 20, 320),
    live("GitLab trigger token", "glptt-", Base64Url, 40, 64),
    live("Slack bot token", "xoxb-", Base64Url, 24, 120),
    live("Slack user token", "xoxp-", Base64Url, 24, 160),
    live("Slack app token", "xapp-", Base64Url, 30, 160),
    live("Stripe secret key", concat!("sk_", "live_"), Base62, 20, 250),
    live("Stripe restricted key", concat!("rk_", "live_"), Base62, 20, 250),
    Shape {
        weight: Weight::Test,
        ..live("Stripe test key", concat!("sk_", "test_"), Base62, 20, 250)
    },
    live("Anthropic key", concat!("sk-", "ant-"), Base64Url, 60, 200),
    live("OpenAI project key", concat!("sk-", "proj-"), Base64Url, 40, 250),
    live("OpenAI service key", concat!("sk-", "svcacct-"), Base64Url, 40, 250),
    live("OpenRouter key", concat!("sk-", "or-v1-"), Hex, 64, 64),
    Shape {
        weight: Weight::Public,
        ..live("Google API key", "AIza", Base64Url, 35, 35)
    },
    live("Google OAuth client secret", "GOCSPX-", Base64Url, 28, 28),
    live("Google OAuth access token", "ya29.", Base64Url, 60, 400),
    live("npm token", "npm_", Base62, 36, 36),
    live("PyPI token", concat!("pypi-", "AgEIcHlwaS5vcmc"), Base64Url, 50, 400),
    live("RubyGems key", "rubygems_", Hex, 48, 48),
    live("crates.io token", "cioT", Base62, 30, 32),
    live("Docker Hub token", "dckr_pat_", Base64Url, 27, 64),
    live("SendGrid key", "SG.", Dotted, 66, 66),
    live("DigitalOcean token", "dop_v1_", Hex, 64, 64),
    live("DigitalOcean OAuth token", "doo_v1_", Hex, 64, 64),
    live("Hugging Face token", "hf_", Base62, 34, 40),
    live("Databricks token", "dapi", Hex, 32, 32),
    live("HashiCorp Vault token", "hvs.", Base64Url, 90, 140),
    live("Shopify token", "shpat_", Hex, 32, 32),
    live("Shopify shared secret", "shpss_", Hex, 32, 32),
    live("Square token", "sq0atp-", Base64Url, 22, 22),
    live("Square secret", "sq0csp-", Base64Url, 43, 43),
    live("Linear key", "lin_api_", Base62, 40, 40),
    live("Notion token", "ntn_", Base62, 40, 50),
    live("Figma token", "figd_", Base64Url, 40, 64),
    live("Supabase token", "sbp_", Hex, 40, 40),
    live("Grafana service token", "glsa_", Base64Url, 41, 41),
    live("New Relic key", "NRAK-", UpperDigits, 27, 27),
    live("PlanetScale token", "pscale_tkn_", Dotted, 32, 64),
    live("Postman key", "PMAK-", Base64Url, 59, 59),
    live("Doppler token", "dp.pt.", Base62, 40, 44),
    live("Sentry token", "sntrys_", Base64, 60, 400),
    live("age secret key", "AGE-SECRET-KEY-1", UpperDigits, 58, 58),
    live("Azure storage key", "AccountKey=", Base64, 88, 88),
    live("Slack webhook", "hooks.slack.com/services/T", Base64, 40, 60),
    live("Discord webhook", "discord.com/api/webhooks/", Base64, 80, 100),
];
