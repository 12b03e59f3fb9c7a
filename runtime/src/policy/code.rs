//! The rules of the policy language, one stable code each.
//!
//! A code is never given to another rule, and a rule that falls away leaves a gap. `policies/REFERENCE.md` carries this
//! table, and `tests/corpus/policies/bad/` holds at least one file that breaks each rule.

/// Writes down each rule once: its code, its name in the source, and the sentence that states it.
macro_rules! codes {
    ($($id:ident $name:ident $rule:literal)*) => {
        /// A rule of the policy language.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = $rule] $name,)*
        }

        impl Code {
            /// Every rule, in the order of their codes.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// Returns the code, such as `P005`.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($id),)*
                }
            }

            /// Returns the rule as a sentence.
            #[must_use]
            pub fn rule(self) -> &'static str {
                match self {
                    $(Self::$name => $rule,)*
                }
            }
        }
    };
}

impl From<Code> for &'static str {
    fn from(code: Code) -> Self {
        code.id()
    }
}

codes! {
    P001 TooLarge "A policy file holds at most 256 KiB."
    P002 NotUtf8 "A policy file is UTF-8."
    P003 NotToml "A policy file is TOML, without mistakes of syntax."
    P004 UnknownVersion "`version` names a version of the policy language that this version of Assize knows."
    P005 UnknownKey "Every key is one that the language knows at that place."
    P006 LaterKey "A key of a later part of the language is refused, never ignored."
    P007 MissingKey "Required keys are there."
    P008 WrongType "Every value has the type that its key asks for."
    P009 OutOfRange "Every number lies in the range of its key."
    P010 MalformedName "Names are 1 to 64 lower-case letters, digits and hyphens; agents and judges are not called `assize`, as the host is."
    P011 TooMany "No list or section holds more than its limit."
    P012 UnknownWord "Where the language knows a closed set of words, the value is one of them."
    P013 Repeated "No list says the same twice."
    P101 UnknownPermission "`allow` and `deny` name permissions, interfaces (`interface.*`) or all (`*`) that exist."
    P102 UnknownParent "`inherits` names roles that exist."
    P103 InheritanceCycle "No role inherits itself, directly or through others."
    P104 RepositoryWritten "No pattern of `write` names `.git`, in any spelling."
    P105 MalformedOrigin "An origin is `https://host` or `https://host:port` in its one form; `http://` is for this machine alone."
    P106 MalformedPrefix "`path_prefix` is an absolute path in which nothing is left to resolve."
    P107 EmptyGrant "A grant grants something: no list of methods, of a command or of task types is empty."
    P108 MalformedCommand "A command starts with its program; `*` stands for one argument, `**` for all that follow, and last."
    P109 MalformedVariable "Variables are called 1 to 64 letters, digits and underscores, no digit first, and have plain values."
    P110 VariableTwice "Each variable has one source: what a role allows, sets and inherits does not contradict itself."
    P111 SecretTarget "A secret goes to exactly one place of a request: `header`, `query` or `field`."
    P112 MalformedTarget "A header, parameter or field is called 1 to 64 letters, digits, dots, hyphens and underscores."
    P113 SecretWithoutRequest "A secret goes to an origin that the same role's `http` opens."
    P114 MalformedNetwork "A network is a range of addresses in its one form, such as `10.1.0.0/16`, and at most a 256th of all addresses."
    P115 SystemFolder "A folder of `system` is absolute or below `~`, in its one form, and holds programs rather than everything."
    P116 OwnVariable "No variable of Assize itself reaches a plugin: no name starts with `ASSIZE_`."
    P201 UnknownRole "The role of a judge or an agent exists."
    P202 MalformedPlugin "`plugin` is 1 to 256 printable characters without spaces."
    P301 MalformedRule "A rule's id is `judge/rule`, two names around one slash, at most 64 bytes in all."
    P302 RuleWithoutJudge "A rule belongs to a judge of this policy."
    P303 UnknownRule "A rule of a judge that comes with Assize is one that this judge has."
    P304 UnknownParameter "A parameter is one that its rule has."
    P305 MalformedPattern "Path patterns follow the pattern grammar."
    P306 UnreachableSetting "No setting stands behind one for the same rule that holds everywhere."
    P307 EmptySetting "A rule's setting says something."
    P308 ParameterInPaths "Parameters hold everywhere: a setting with `paths` sets none."
    P401 EmptyCouncil "A council has at least one judge."
    P402 UnknownJudge "A council's judges are judges of this policy."
    P403 ImpossibleQuorum "A quorum is at least 1 and at most the number of the council's judges."
    P404 VetoWithoutSeat "Whoever has a veto sits on the council."
    P405 WeightsUnused "`weights` and `threshold_percent` stand only where `rule` is \"weighted\"."
    P406 WeightsIncomplete "A weighted council weighs each of its judges and nobody else."
    P407 UnknownCouncil "The default council exists."
}

#[cfg(test)]
mod tests {
    use super::Code;

    #[test]
    fn codes_are_distinct_and_in_order() {
        assert!(Code::ALL.windows(2).all(|pair| pair[0].id() < pair[1].id()));
        assert!(Code::ALL.iter().all(|code| code.rule().ends_with('.')));
    }
}
