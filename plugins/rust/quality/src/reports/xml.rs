//! XML as far as reports need it: elements and their attributes, one after the other.

use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};

/// How deep elements may stand inside each other. Reports have about five levels.
const DEPTH_MAX: usize = 64;

/// How many attributes of one element are looked at.
const ATTRIBUTES_MAX: usize = 64;

/// One step through a document.
pub(super) enum Step<'a> {
    /// An element begins.
    Open(Element<'a>),
    /// The element that began last ends; its name without a prefix.
    Close(String),
}

/// An element's beginning.
pub(super) struct Element<'a> {
    start: BytesStart<'a>,
    /// Its name without a prefix.
    pub(super) name: String,
}

impl Element<'_> {
    /// The value of an attribute, with the five predefined entities and numbers of characters put in.
    pub(super) fn attribute(&self, wanted: &str) -> Option<String> {
        let mut attributes = self.start.attributes();
        attributes.with_checks(false);
        let mut named = attributes
            .take(ATTRIBUTES_MAX)
            .filter_map(Result::ok)
            .filter(|attribute| attribute.key.local_name().as_ref() == wanted);
        let attribute = named.next()?;
        let value = attribute.normalized_value(XmlVersion::Implicit1_0).ok()?;
        Some(value.into_owned())
    }

    /// The value of an attribute as a number.
    pub(super) fn number(&self, wanted: &str) -> Option<u64> {
        self.attribute(wanted)?.trim().parse().ok()
    }
}

/// Walks through the elements of a document from top to bottom.
///
/// # Errors
///
/// What is wrong with the document, as the end of a sentence.
pub(super) fn walk(text: &str, mut visit: impl FnMut(Step<'_>)) -> Result<(), String> {
    let mut reader = quick_xml::Reader::from_str(text.trim_start_matches('\u{FEFF}'));
    let settings = reader.config_mut();
    settings.expand_empty_elements = true;
    // Some tools write the text of a failure without escaping it; nothing here reads it.
    settings.allow_dangling_amp = true;
    let mut depth = 0_usize;
    let mut has_root = false;
    loop {
        let position = reader.buffer_position();
        match reader
            .read_event()
            .map_err(|_| format!("it is no well-formed XML at byte {position}"))?
        {
            Event::Start(start) => {
                depth = depth.saturating_add(1);
                if depth > DEPTH_MAX {
                    return Err(format!(
                        "its elements stand more than {DEPTH_MAX} deep inside each other"
                    ));
                }
                has_root = true;
                let name = start.local_name().as_ref().to_owned();
                visit(Step::Open(Element { start, name }));
            }
            Event::End(end) => {
                depth = depth.saturating_sub(1);
                visit(Step::Close(end.local_name().as_ref().to_owned()));
            }
            Event::Eof if depth == 0 && has_root => return Ok(()),
            Event::Eof if has_root => return Err("it ends before its last element does".to_owned()),
            Event::Eof => return Err("it is no XML".to_owned()),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Result<Vec<String>, String> {
        let mut names = Vec::new();
        walk(text, |step| {
            if let Step::Open(element) = step {
                names.push(element.name);
            }
        })?;
        Ok(names)
    }

    #[test]
    fn elements_come_in_order() {
        assert_eq!(
            names("<a><b x='1'/><c>text</c></a>"),
            Ok(vec!["a".to_owned(), "b".to_owned(), "c".to_owned()])
        );
    }

    #[test]
    fn hostile_documents_end_early() {
        assert!(names(&"<a>".repeat(100_000)).is_err());
        assert!(names("<a><b></a>").is_err());
        assert!(names("<a").is_err());
        assert!(names("plain text").is_err());
        assert!(names("").is_err());
    }

    #[test]
    fn entities_of_the_document_stay_as_they_are() {
        let text = "<!DOCTYPE a [<!ENTITY e \"eeeeeeee\">]><a x=\"&e;&e;\" y=\"1 &lt; 2\"/>";
        let mut values = Vec::new();
        let walked = walk(text, |step| {
            if let Step::Open(element) = step {
                values.push((element.attribute("x"), element.attribute("y")));
            }
        });
        assert_eq!(walked, Ok(()));
        assert_eq!(values, [(None, Some("1 < 2".to_owned()))]);
    }
}
