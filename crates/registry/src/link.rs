//! `Link`: where the next page of a listing is (RFC 8288).

/// The target of the first link with `rel="next"` in one header's value.
pub fn next_page(value: &str) -> Option<&str> {
    let mut rest = value;
    loop {
        let (_, behind) = rest.split_once('<')?;
        let (target, behind) = behind.split_once('>')?;
        let end = end_of_parameters(behind);
        let (parameters, behind) = behind.split_at(end);
        if parameters.split(';').any(is_next) {
            return Some(target.trim());
        }
        rest = behind;
    }
}

/// Up to the comma that ends a link; one inside quotes does not.
fn end_of_parameters(text: &str) -> usize {
    let mut quoted = false;
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b',' if !quoted => return at,
            _ => {}
        }
    }
    text.len()
}

fn is_next(parameter: &str) -> bool {
    let Some((name, value)) = parameter.split_once('=') else { return false };
    let value = value.trim().trim_matches('"');
    name.trim().eq_ignore_ascii_case("rel") && value.split(' ').any(|word| word.eq_ignore_ascii_case("next"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_is_found_as_registries_write_it() {
        let check = |value: &str, expected: Option<&str>| assert_eq!(next_page(value), expected, "{value}");
        check(r#"</v2/a/tags/list?last=x&n=2>; rel="next""#, Some("/v2/a/tags/list?last=x&n=2"));
        check("<https://r/x>;rel=next", Some("https://r/x"));
        check(r#"<a>; rel="prev", <b>; title="x, y"; REL="last next""#, Some("b"));
        check(r#"<a>; rel="prev""#, None);
        check(r#"<a>; title="rel=next"#, None);
        check("<a", None);
        check("a; rel=next", None);
        check("", None);
    }
}
