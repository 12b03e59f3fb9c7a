//! One value of the input with its place, so that every complaint says where it belongs.

use serde_json::{Map, Value};

/// A complaint about the input: where, what, and what to do.
pub type Complaint = String;

/// A value of the input.
#[derive(Debug, Clone)]
pub struct Field<'a> {
    place: String,
    value: &'a Value,
}

impl<'a> Field<'a> {
    /// The whole input.
    #[must_use]
    pub fn root(value: &'a Value) -> Self {
        Self {
            place: String::new(),
            value,
        }
    }

    /// A complaint about this value.
    #[must_use]
    pub fn complain(&self, what: &str) -> Complaint {
        if self.place.is_empty() {
            format!("the input {what}")
        } else {
            format!("{}: {what}", self.place)
        }
    }

    /// The value as an object without members but `known`.
    ///
    /// # Errors
    ///
    /// A complaint that names the place.
    pub fn object(self, known: &[&str]) -> Result<Object<'a>, Complaint> {
        let Some(members) = self.value.as_object() else {
            return Err(self.complain(&format!("is no object; it has the members {}", known.join(", "))));
        };
        if let Some(unknown) = members.keys().find(|name| !known.contains(&name.as_str())) {
            let known = known.join(", ");
            return Err(self.complain(&format!(
                "has the member `{unknown}`, which nothing reads; known are {known}"
            )));
        }
        Ok(Object { field: self, members })
    }

    /// The value as text.
    ///
    /// # Errors
    ///
    /// A complaint that names the place.
    pub fn text(&self) -> Result<&'a str, Complaint> {
        self.value.as_str().ok_or_else(|| self.complain("must be a text"))
    }

    /// The value as `true` or `false`.
    ///
    /// # Errors
    ///
    /// A complaint that names the place.
    pub fn flag(&self) -> Result<bool, Complaint> {
        self.value
            .as_bool()
            .ok_or_else(|| self.complain("must be true or false"))
    }

    /// The value as a whole number between two others.
    ///
    /// # Errors
    ///
    /// A complaint that names the place.
    pub fn number(&self, min: u64, max: u64) -> Result<u64, Complaint> {
        let number = self.value.as_u64().filter(|number| (min..=max).contains(number));
        number.ok_or_else(|| self.complain(&format!("must be a whole number from {min} to {max}")))
    }

    /// The items of a list of at least one and at most `max`.
    ///
    /// # Errors
    ///
    /// A complaint that names the place.
    pub fn items(&self, max: usize) -> Result<Vec<Self>, Complaint> {
        let items = self.value.as_array().filter(|items| (1..=max).contains(&items.len()));
        let items = items.ok_or_else(|| self.complain(&format!("must be a list of 1 to {max} items")))?;
        let place = |index: usize| format!("{}[{index}]", self.place);
        Ok(items
            .iter()
            .enumerate()
            .map(|(index, value)| Field {
                place: place(index),
                value,
            })
            .collect())
    }
}

/// An object of the input.
#[derive(Debug, Clone)]
pub struct Object<'a> {
    field: Field<'a>,
    members: &'a Map<String, Value>,
}

impl<'a> Object<'a> {
    /// A member; one that is `null` is not there.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<Field<'a>> {
        let value = self.members.get(name).filter(|value| !value.is_null())?;
        let place = if self.field.place.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.field.place)
        };
        Some(Field { place, value })
    }

    /// A member that must be there.
    ///
    /// # Errors
    ///
    /// A complaint that names the place.
    pub fn required(&self, name: &str) -> Result<Field<'a>, Complaint> {
        self.member(name)
            .ok_or_else(|| self.complain(&format!("lacks the member `{name}`")))
    }

    /// A member that is `true` or `false`, and `false` where it is not there.
    ///
    /// # Errors
    ///
    /// A complaint that names the place.
    pub fn flag(&self, name: &str) -> Result<bool, Complaint> {
        self.member(name).map_or(Ok(false), |field| field.flag())
    }

    /// A complaint about the object.
    #[must_use]
    pub fn complain(&self, what: &str) -> Complaint {
        self.field.complain(what)
    }
}
