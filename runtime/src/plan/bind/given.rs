//! The values of parameters: what people type, and what a run is given.

use crate::plan::Source;
use crate::plan::code::Code;
use crate::plan::value::{is_plain, shown};
use crate::plan::workflow::{LANGUAGE, Parameter, Refused, Workflow};
use crate::written::language::nearest::nearest;
use crate::written::language::problems::{Problems, listed, quoted};
use serde_json::Value;
use std::collections::BTreeMap;

impl Parameter {
    /// Says why the parameter does not take a value; nothing where it does.
    pub(super) fn objection(&self, value: &Value) -> Option<String> {
        let name = quoted(&self.name);
        if !self.kind.takes(value) || !is_plain(value) {
            return Some(format!(
                "the parameter {name} is {}, and not {}",
                self.kind.article(),
                shown(value)
            ));
        }
        let is_choice = |text: &str| self.choices.is_empty() || self.choices.iter().any(|choice| choice == text);
        let other = value.as_str().filter(|text| !is_choice(text))?;
        Some(format!("{} is none of the choices of {name}", quoted(other)))
    }

    /// Says what the parameter takes.
    pub(in crate::plan) fn advice(&self) -> String {
        if self.choices.is_empty() {
            format!("{} is {}", quoted(&self.name), self.kind.article())
        } else {
            format!("use one of {}", listed(&self.choices))
        }
    }
}

impl Workflow {
    /// Reads the values of parameters as people type them: texts as they stand, everything else as JSON.
    ///
    /// # Errors
    ///
    /// Every value that has no parameter (W302), is not of its type, or is given twice (W303).
    pub fn read_inputs(&self, typed: &[(String, String)]) -> Result<BTreeMap<String, Value>, Refused> {
        let mut problems = Problems::new(&self.file_name, &LANGUAGE);
        let mut given = BTreeMap::new();
        for (name, text) in typed {
            let Some(parameter) = self.parameters.iter().find(|parameter| parameter.name == *name) else {
                self.report_unknown(name, &mut problems);
                continue;
            };
            match parameter.kind.read(text) {
                Some(value) => {
                    if given.insert(name.clone(), value).is_some() {
                        problems
                            .report(
                                Code::WrongInput,
                                format!("the parameter {} is given twice", quoted(name)),
                            )
                            .at(parameter.place.clone(), "")
                            .hint("give it once; a list is given as JSON");
                    }
                }
                None => {
                    problems
                        .report(
                            Code::WrongInput,
                            format!(
                                "the parameter {} is {}, and not {}",
                                quoted(name),
                                parameter.kind.article(),
                                quoted(text)
                            ),
                        )
                        .at(parameter.place.clone(), "")
                        .hint(format!("for example `--input '{name}={}'`", parameter.kind.example()));
                }
            }
        }
        self.refuse(problems).map(|()| given)
    }

    /// Takes the values of all parameters, in their order: what is given, and else their defaults (W301, W302, W303).
    pub(super) fn take(&self, given: &BTreeMap<String, Value>) -> Result<Vec<Source>, Refused> {
        let mut problems = Problems::new(&self.file_name, &LANGUAGE);
        for name in given.keys() {
            if !self.parameters.iter().any(|parameter| parameter.name == *name) {
                self.report_unknown(name, &mut problems);
            }
        }
        let mut sources = Vec::with_capacity(self.parameters.len());
        for parameter in &self.parameters {
            match (given.get(&parameter.name), &parameter.default) {
                (Some(value), _) => {
                    if let Some(objection) = parameter.objection(value) {
                        problems
                            .report(Code::WrongInput, objection)
                            .at(parameter.place.clone(), "")
                            .hint(parameter.advice());
                    }
                    sources.push(Source::Value(value.clone()));
                }
                (None, Some(default)) => sources.push(Source::Value(default.clone())),
                (None, None) => {
                    let about = match parameter.summary.as_str() {
                        "" => String::new(),
                        summary => format!(": {summary}"),
                    };
                    problems
                        .report(
                            Code::MissingInput,
                            format!("the parameter {} has no value{about}", quoted(&parameter.name)),
                        )
                        .at(parameter.place.clone(), "has no default")
                        .hint(format!(
                            "give one, as in `--input '{}={}'`",
                            parameter.name,
                            parameter.kind.example()
                        ));
                }
            }
        }
        self.refuse(problems).map(|()| sources)
    }

    /// Reports a value for a parameter that there is not (W302).
    fn report_unknown(&self, name: &str, problems: &mut Problems<'_>) {
        let known = || self.parameters.iter().map(|parameter| parameter.name.as_str());
        let names = match listed(known()) {
            names if names.is_empty() => "this workflow has no parameters".to_owned(),
            names => format!("the parameters here are {names}"),
        };
        problems
            .report(
                Code::UnknownInput,
                format!("the workflow {} has no parameter {}", quoted(&self.name), quoted(name)),
            )
            .mean(nearest(name, known()), names);
    }
}
