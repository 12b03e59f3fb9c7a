//! A waiver as a file, for a person to read and complete.

/// What stands in a new file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// Its id.
    pub id: String,
    /// The rule it excuses.
    pub rule: String,
    /// The path patterns it is limited to.
    pub paths: Vec<String>,
    /// Why.
    pub reason: String,
    /// The description.
    pub description: String,
    /// What keeps the harm small.
    pub mitigation: String,
    /// Who answers for the risk.
    pub owner: String,
    /// When it is made, as a date.
    pub created: String,
    /// When it ends, as a date.
    pub expires: String,
    /// Who approved it, and when, as dates.
    pub approvers: Vec<(String, String)>,
}

impl Draft {
    /// Writes the file. It is proposed: somebody else makes it active.
    #[must_use]
    pub fn to_toml(&self) -> String {
        // What JSON escapes in a string, TOML reads the same way; all but DEL, which neither shows.
        let quoted = |text: &str| serde_json::Value::from(text.replace('\u{7f}', " ")).to_string();
        let list: Vec<String> = self.paths.iter().map(|path| quoted(path)).collect();
        let mut text = format!("id = {}\nrule = {}\n", quoted(&self.id), quoted(&self.rule));
        if !self.paths.is_empty() {
            text.push_str(&format!("paths = [{}]\n", list.join(", ")));
        }
        text.push_str(&format!(
            "reason = {}\ndescription = {}\nmitigation = {}\nowner = {}\ncreated = {}\nexpires = {}\n\
             # It counts once it is `active`, somebody else than the owner approves it, and it has landed.\n\
             status = \"proposed\"\n",
            quoted(&self.reason),
            quoted(&self.description),
            quoted(&self.mitigation),
            quoted(&self.owner),
            quoted(&self.created),
            quoted(&self.expires),
        ));
        for (handle, at) in &self.approvers {
            text.push_str(&format!(
                "\n[[approvers]]\nhandle = {}\napproved_at = {}\n",
                quoted(handle),
                quoted(at)
            ));
        }
        text
    }
}
