//! The rules of the workflow language, one stable code each.
//!
//! A code is never given to another rule, and a rule that falls away leaves a gap. `policies/WORKFLOWS.md` carries this table,
//! and `tests/corpus/workflows/bad/` holds at least one file that breaks each rule.

/// Writes down each rule once: its code, its name in the source, and the sentence that states it.
macro_rules! codes {
    ($($id:ident $name:ident $rule:literal)*) => {
        /// A rule of the workflow language.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = $rule] $name,)*
        }

        impl Code {
            /// Every rule, in the order of their codes.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// Returns the code, such as `W103`.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($id),)*
                }
            }

            /// Returns the rule as a sentence.
            #[must_use]
            pub const fn rule(self) -> &'static str {
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
    W001 TooLarge "A workflow file holds at most 256 KiB."
    W002 NotUtf8 "A workflow file is UTF-8."
    W003 NotToml "A workflow file is TOML, without mistakes of syntax."
    W004 UnknownVersion "`version` names a version of the workflow language that this version of Assize knows."
    W005 UnknownKey "Every key is one that the language knows at that place."
    W006 LaterKey "A key of a later part of the language is refused, never ignored."
    W007 MissingKey "Required keys are there."
    W008 WrongType "Every value has the type that its key asks for."
    W009 OutOfRange "Every number lies in the range of its key."
    W010 MalformedName "Names are 1 to 64 lower-case letters, digits and hyphens, no hyphen first; those of inputs also have capitals and underscores."
    W011 TooMany "No list or section holds more than its limit."
    W012 UnknownWord "Where the language knows a closed set of words, the value is one of them."
    W013 Repeated "No list says the same twice."
    W014 Implausible "A value is made of texts, whole numbers up to 2^53 - 1, truth values, lists and tables, at most 8 levels deep."
    W015 MalformedBranch "A branch is called as git allows it, by its short name."
    W101 OneDoer "A task is done by one agent or one workflow."
    W102 UnknownTask "`needs`, `undo` and `output` name tasks of this file."
    W103 Cycle "No task needs itself, directly or through others."
    W104 NotBefore "What a task is given comes from a task that is done before it."
    W105 NoSource "An input has one source: a value, a parameter, an output, the history or the copy's own."
    W106 GateUnjudged "A gate stands on a task with a council of its own that is never left out."
    W107 UndoAlone "An undo task belongs to one task of an agent, and starts for no other reason."
    W108 MisplacedKey "A task that is a workflow leaves to that workflow's tasks what is said of agents."
    W109 CopyOutside "`copy` stands in the inputs of a repeated task."
    W110 CopyName "No task has the name that a copy of a repeated task gets."
    W111 ConfirmUnjudged "A person confirms only what a council judges."
    W112 UnusedKey "A key that is limited is the key of a task."
    W113 ImpossibleWait "The longest wait before a new attempt is not shorter than the first."
    W201 UnknownParameter "A parameter that is used is one of this file."
    W202 ParameterType "A parameter's values have its type, also where it is used."
    W203 UnusedParameter "A parameter is used."
    W204 MisplacedChoices "Only a text has choices, at least one, and its default is one of them."
    W301 MissingInput "Every parameter without a default gets a value."
    W302 UnknownInput "What is given to a workflow are its parameters."
    W303 WrongInput "What is given to a parameter has its type and is one of its choices."
    W304 Width "A repeated task has 1 to 9,999 copies."
    W305 NothingLeft "A plan has at least one task."
    W306 TooManyTasks "A plan has at most 10,000 tasks, 200,000 edges and 4 MiB of inputs and summaries."
    W307 KnownLate "What decides about the shape of a plan is known before it runs."
    W401 UnknownWorkflow "A workflow that does a task exists."
    W402 WorkflowCycle "No workflow contains itself, directly or through others."
    W403 TooDeep "Workflows lie at most 8 deep in each other, and no task's whole name has more than 255 bytes."
    W404 UnknownAgent "An agent is one of the policy."
    W405 UnknownCouncil "A council is one of the policy."
    W406 TypeRefused "The role of an agent takes the type of its task."
    W407 UnknownInner "An output inside of a workflow is that of one of its tasks, and the workflow is not repeated."
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
