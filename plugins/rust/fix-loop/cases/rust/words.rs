/// The first word.
pub fn first(text: &str) -> Option<&str> {
    let found = text.split(' ').next();
    return match found { Some(word) => Some(word), None => None };
}
