//! The words of a variable's name.

/// In capitals, divided by `_`, also where small letters meet capitals: `DB_PASSWORD` of `dbPassword` and `db.password`.
pub fn variable_words(name: &str) -> String {
    let mut words = String::with_capacity(name.len() + 8);
    let mut small = false;
    for sign in name.chars() {
        if sign.is_ascii_uppercase() && small || !sign.is_ascii_alphanumeric() {
            words.push('_');
        }
        if sign.is_ascii_alphanumeric() {
            words.push(sign.to_ascii_uppercase());
        }
        small = sign.is_ascii_lowercase();
    }
    words.trim_matches('_').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_every_style_have_the_same_words() {
        for (name, expected) in [
            ("DB_PASSWORD", "DB_PASSWORD"),
            ("dbPassword", "DB_PASSWORD"),
            ("db.password", "DB_PASSWORD"),
            ("--api-key", "API_KEY"),
            ("AWS.SecretKey", "AWS_SECRET_KEY"),
            ("HTTPServer", "HTTPSERVER"),
            ("_", ""),
        ] {
            assert_eq!(variable_words(name), expected, "{name}");
        }
    }
}
