//! `as WHO` and `form N=V…`: who asks, and what a page's form sends.

use super::Saved;
use super::form::form;
use super::name::{known, templates};
use crate::cursor::{Cursor, Fault, fault, shown};
use crate::scenario::Login;

/// `as {env.API_TOKEN}`, `as {env.USER}:{env.PASSWORD}`, `as nobody`.
pub(super) fn login(cursor: &mut Cursor<'_>, saved: &Saved) -> Result<Login, Fault> {
    const HINT: &str = "as in `as {env.API_TOKEN}`, `as {token}`, `as {env.USER}:{env.PASSWORD}` or `as nobody`";
    cursor.keyword("as")?;
    let (at, who) = cursor.spaced_word();
    known(saved, at, who)?;
    match who.split_once(':') {
        _ if who == "nobody" => Ok(Login::Nobody),
        Some((user, password)) if !user.is_empty() && !password.is_empty() => {
            Ok(Login::Basic { user: user.to_owned(), password: password.to_owned() })
        }
        None if !templates(who).is_empty() => Ok(Login::Bearer(who.to_owned())),
        _ => Err(fault(at, format!("expected who asks, found {}", shown(who)), HINT)),
    }
}

/// `form a=b c="d e"`.
pub(super) fn fields(cursor: &mut Cursor<'_>, saved: &Saved) -> Result<Vec<(String, String)>, Fault> {
    cursor.keyword("form")?;
    let mut fields = Vec::new();
    while let Some((name, _)) = cursor.peek_word().split_once('=').filter(|(name, _)| !name.is_empty()) {
        cursor.skip_blank();
        cursor.skip(name.len() + 1);
        let at = cursor.position();
        let value = if cursor.rest().starts_with('"') { cursor.quoted()? } else { cursor.word_here().1.to_owned() };
        known(saved, at, &value)?;
        fields.push((name.to_owned(), value));
    }
    if fields.is_empty() {
        let at = cursor.skip_blank();
        return Err(fault(at, format!("expected `NAME=VALUE`, found {}", shown(cursor.peek_word())), form("GET")));
    }
    Ok(fields)
}
