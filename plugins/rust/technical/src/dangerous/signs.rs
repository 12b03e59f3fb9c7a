//! The texts of which one stands in every line that this rule may report, language by language. Each is rare enough that a
//! file is read for it.

use assize_judge::language::Language;
use assize_judge::literals::Literals;

static PYTHON: Literals = Literals::new(&[
    "verify=false",
    "verify = false",
    "unverified_context",
    "cert_none",
    "check_hostname",
    "shell=true",
    "shell = true",
    "os.system(",
    "os.popen(",
    "getoutput(",
    "eval(",
    "exec(",
    "yaml.load(",
    "unsafe_load(",
    "pickle.loads(",
    "chmod(",
]);
static JAVA_SCRIPT: Literals = Literals::new(&[
    "rejectunauthorized",
    "node_tls_reject",
    "strictssl",
    "execsync(",
    "exec(",
    "eval(",
    "new function(",
    "chmod",
]);
static GO: Literals = Literals::new(&["insecureskipverify", "exec.command", "chmod("]);
static RUST: Literals = Literals::new(&[
    "danger_accept_invalid",
    "sslverifymode::none",
    "\"-c\"",
    "from_mode(",
    "set_mode(",
]);
static PHP: Literals = Literals::new(&[
    "curlopt_ssl_verify",
    "verify_peer",
    "eval(",
    "exec(",
    "system(",
    "passthru(",
    "popen(",
    "proc_open(",
    "chmod(",
    "unserialize(",
]);
static RUBY: Literals = Literals::new(&[
    "verify_none",
    "eval(",
    "eval ",
    "system(",
    "system ",
    "exec(",
    "exec ",
    "#{",
    "chmod",
    "marshal.load(",
]);
static PERL: Literals = Literals::new(&[
    "ssl_verify_mode",
    "verify_hostname",
    "eval $",
    "eval \"",
    "system(",
    "system ",
    "chmod",
]);
static C: Literals = Literals::new(&["curlopt_ssl_verify", "chmod("]);
static C_SHARP: Literals = Literals::new(&[
    "certificatevalidationcallback",
    "certificatecustomvalidation",
    "dangerousacceptany",
]);
static JAVA: Literals = Literals::new(&[
    "allow_all_hostname",
    "noophostnameverifier",
    "trustallstrategy",
    "hostnameverifier",
    ".exec(",
]);
static DART: Literals = Literals::new(&["badcertificatecallback"]);
static SHELL: Literals = Literals::new(&[
    "curl ",
    "wget ",
    "sslverify",
    "ssl_no_verify",
    "eval ",
    "chmod ",
    "sh -c",
]);
static NONE: Literals = Literals::new(&[]);

/// The signs of a language; none for one whose constructs this rule does not know.
pub(super) fn of(language: Language) -> &'static Literals {
    match language {
        Language::C | Language::Cpp => &C,
        Language::CSharp => &C_SHARP,
        Language::Dart => &DART,
        Language::Go => &GO,
        Language::Java | Language::Kotlin | Language::Scala => &JAVA,
        Language::JavaScript | Language::TypeScript => &JAVA_SCRIPT,
        Language::Perl => &PERL,
        Language::Php => &PHP,
        Language::Python => &PYTHON,
        Language::Ruby => &RUBY,
        Language::Rust => &RUST,
        Language::Shell => &SHELL,
        Language::Elixir | Language::Haskell | Language::Lua | Language::Swift | Language::Zig => &NONE,
    }
}
