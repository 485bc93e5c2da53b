//! Comments that the tool reads: inline checks and ids.

use crate::document::clip;
use crate::letters::is_near;
use crate::problem::Problem;
use crate::source::{Fragment, Place, Source};

const METHODS: [&str; 7] = ["GET ", "POST ", "PUT ", "PATCH ", "DELETE ", "HEAD ", "OPTIONS "];

/// What a comment is for.
#[derive(Debug)]
pub(crate) enum Comment<'a> {
    /// `<!-- check: … -->`: never without a line.
    Check(Vec<Fragment<'a>>),
    /// `<!-- id: NAME -->`.
    Id(Fragment<'a>),
    /// Anything else: for readers of the source.
    Remark,
}

/// Reads the comment that begins at a place.
pub(crate) fn read<'a>(source: &Source<'a>, place: Place) -> Result<Comment<'a>, Problem> {
    let begin = source.offset(place);
    let text = source.through(begin, usize::MAX);
    // `<!-->` and `<!--->` are whole comments.
    if text.starts_with("<!-->") || text.starts_with("<!--->") {
        return Ok(Comment::Remark);
    }
    let Some(length) = text["<!--".len()..].find("-->") else {
        let hint = Some("end it with `-->`".to_owned());
        return Err(source.problem(place, "this comment is not closed", hint));
    };
    let body = &text["<!--".len()..][..length];
    let from = begin + "<!--".len();
    let lead = body.len() - body.trim_start().len();
    let word = body.trim_start().split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or("");
    let after_word = lead + word.len();
    let rest = &body[after_word..];
    let colon = rest.len() - rest.trim_start().len();
    let has_colon = rest.trim_start().starts_with(':');
    let fragments = || source.fragments(from + after_word + colon + 1, from + body.len());
    let at_word = source.place(from + lead);
    match word.to_ascii_lowercase().as_str() {
        "check" if has_colon => {
            let steps = fragments();
            if steps.is_empty() {
                return Err(source.problem(at_word, "this check is empty", Some(example())));
            }
            Ok(Comment::Check(steps))
        }
        "id" if has_colon => match fragments().as_slice() {
            [id] => Ok(Comment::Id(checked_id(source, *id)?)),
            _ => Err(source.problem(at_word, "an id is one word", None)),
        },
        near if has_colon && (is_near(near, "check") || near == "ids") => {
            let hint = Some(format!("write `check:`, as in {}", example()));
            Err(source.problem(at_word, format!("unknown comment `{}:`", clip(word)), hint))
        }
        "check" | "checks" => {
            let hint = Some(format!("write `check:`, as in {}", example()));
            Err(source.problem(at_word, "a check without a colon is not read", hint))
        }
        _ if body.contains("->") && METHODS.iter().any(|method| body.trim_start().starts_with(method)) => {
            let hint = Some(format!("begin it with `check:`, as in {}", example()));
            Err(source.problem(at_word, "this comment looks like a check", hint))
        }
        _ => Ok(Comment::Remark),
    }
}

fn example() -> String {
    "`<!-- check: GET /health -> 200 -->`".to_owned()
}

fn checked_id<'a>(source: &Source<'a>, id: Fragment<'a>) -> Result<Fragment<'a>, Problem> {
    let valid = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    if id.text.len() <= 100 && id.text.chars().all(valid) && id.text.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return Ok(id);
    }
    let hint = Some("letters, digits, `.`, `_` and `-`, at most 100 of them".to_owned());
    Err(source.problem(id.place, format!("`{}` is not an id", clip(id.text)), hint))
}
