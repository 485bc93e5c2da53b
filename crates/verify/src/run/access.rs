//! How the service's API is asked: who asks, by variables that were given, and where its document is.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use seaworthy_spec::{Login, Spec, templates};

use crate::openapi::OpenApi;

/// One way for all requests to the API in a run.
#[derive(Default)]
pub(crate) struct Access {
    written: Option<Login>,
    /// With the variables' values, or which one has none.
    login: Option<Result<Login, String>>,
    /// Where the document is.
    pub(crate) place: Option<String>,
}

impl Access {
    pub(crate) fn of(spec: &Spec, env: &[(String, String)]) -> Self {
        Self {
            written: spec.login().cloned(),
            login: spec.login().map(|login| filled(login, env)),
            place: spec.openapi().map(str::to_owned),
        }
    }

    pub(crate) fn names_somebody(&self) -> bool {
        self.login.is_some()
    }

    /// Who asks, as the specification says it.
    pub(crate) fn who(&self) -> Option<&Login> {
        self.written.as_ref()
    }

    /// What lets in: the token or the password, and what stands in the header for both. A password that is the user's name tells nothing.
    pub(crate) fn secrets(&self) -> Vec<String> {
        let of_user = |user: &str, password: &str| {
            let own = (user != password).then(|| password.to_owned());
            own.into_iter().chain([basic(user, password).trim_end_matches('=').to_owned()]).collect()
        };
        match &self.login {
            Some(Ok(Login::Basic { user, password })) => of_user(user, password),
            Some(Ok(Login::Bearer(token))) => match unbasic(token) {
                Some((user, password)) => of_user(&user, &password),
                None => vec![token.clone(), token.rsplit(' ').next().unwrap_or_default().to_owned()],
            },
            Some(Ok(Login::Nobody) | Err(_)) | None => Vec::new(),
        }
    }

    /// The headers that say who asks. A document may ask for them under a name of its own; a token that names its scheme (`Token abc`) is
    /// sent as it stands.
    pub(crate) fn headers(&self, api: Option<&OpenApi>) -> Result<Vec<(String, String)>, String> {
        Ok(match &self.login {
            None | Some(Ok(Login::Nobody)) => Vec::new(),
            Some(Err(why)) => return Err(why.clone()),
            Some(Ok(Login::Basic { user, password })) => {
                vec![("authorization".to_owned(), format!("Basic {}", basic(user, password)))]
            }
            Some(Ok(Login::Bearer(token))) => match api.and_then(OpenApi::key) {
                Some((name, true)) => vec![("cookie".to_owned(), format!("{name}={token}"))],
                Some((name, false)) => vec![(name.to_owned(), token.clone())],
                None if token.contains(' ') => vec![("authorization".to_owned(), token.clone())],
                None => vec![("authorization".to_owned(), format!("Bearer {token}"))],
            },
        })
    }

    /// Why a promise cannot be decided in this run: another one asks in another way.
    pub(crate) fn other_than(&self, login: Option<&Login>, place: Option<&str>) -> Option<String> {
        let other = login.filter(|login| self.written.as_ref() != Some(login)).map(|login| format!("as {login}"));
        let elsewhere = place.filter(|place| self.place.as_deref() != Some(place)).map(|place| format!("at {place}"));
        let what = other.or(elsewhere)?;
        Some(format!(
            "another promise asks the API in another way, and a run asks in one alone: write a scenario for it {what}"
        ))
    }
}

/// As it stands in a header (RFC 7617).
pub(super) fn basic(user: &str, password: &str) -> String {
    STANDARD.encode(format!("{user}:{password}"))
}

/// Who asks by a token that is such a header's value.
fn unbasic(token: &str) -> Option<(String, String)> {
    let encoded = token.strip_prefix("Basic ")?;
    let pair = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    pair.split_once(':').map(|(user, password)| (user.to_owned(), password.to_owned()))
}

fn filled(login: &Login, env: &[(String, String)]) -> Result<Login, String> {
    let value = |text: &str| -> Result<String, String> {
        let mut filled = text.to_owned();
        for (_, name) in templates(text) {
            let variable = name.trim_start_matches("env.");
            let found = env.iter().rev().find(|(known, value)| known == variable && !value.is_empty());
            let Some((_, value)) = found else {
                return Err(format!("{variable} has no value: give one with `--env {variable}=…`"));
            };
            filled = filled.replace(&format!("{{{name}}}"), value);
        }
        Ok(filled)
    };
    Ok(match login {
        Login::Bearer(token) => Login::Bearer(value(token)?),
        Login::Basic { user, password } => Login::Basic { user: value(user)?, password: value(password)? },
        Login::Nobody => Login::Nobody,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn access(sentence: &str, env: &[(&str, &str)]) -> Access {
        let spec = Spec::parse(&format!("## Success Criteria\n- [ ] {sentence}\n")).unwrap();
        let env: Vec<_> = env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Access::of(&spec, &env)
    }

    fn document(schemes: &serde_json::Value) -> OpenApi {
        let paths = json!({"/tasks": {"get": {"security": if schemes["demanded"].is_null() { json!([]) } else { json!([{"demanded": []}]) }}}});
        let document = json!({"openapi": "3.1.0", "paths": paths, "components": {"securitySchemes": schemes}});
        OpenApi::parse(document.to_string().as_bytes(), "/openapi.json").unwrap()
    }

    #[test]
    fn a_token_is_sent_as_the_document_asks_for_it() {
        let access = access("All CRUD endpoints work as {env.API_TOKEN}", &[("API_TOKEN", "t")]);
        let key = json!({"type": "apiKey", "in": "header", "name": "X-API-Key"});
        let cookie = json!({"type": "apiKey", "in": "cookie", "name": "session"});
        let bearer = json!({"type": "http", "scheme": "bearer"});
        for (schemes, name, value) in [
            (json!({}), "authorization", "Bearer t"),
            (json!({"a": bearer}), "authorization", "Bearer t"),
            (json!({"a": key}), "X-API-Key", "t"),
            (json!({"a": cookie}), "cookie", "session=t"),
            (json!({"a": key, "b": bearer}), "authorization", "Bearer t"),
            (json!({"demanded": key, "b": bearer}), "X-API-Key", "t"),
        ] {
            let headers = access.headers(Some(&document(&schemes))).unwrap();
            assert_eq!(headers, [(name.to_owned(), value.to_owned())], "{schemes}");
        }
    }

    #[test]
    fn a_token_that_names_its_scheme_is_sent_as_it_stands() {
        let access = access("All CRUD endpoints work as {env.API_TOKEN}", &[("API_TOKEN", "Token abcdef")]);
        assert_eq!(access.headers(None).unwrap()[0].1, "Token abcdef");
        assert_eq!(access.secrets(), ["Token abcdef", "abcdef"]);
    }

    #[test]
    fn a_user_and_a_password_are_basic_authentication() {
        let access = access(
            "All CRUD endpoints work as {env.ADMIN}:{env.ADMIN_PASSWORD}",
            &[("ADMIN", "ann"), ("ADMIN_PASSWORD", "pw")],
        );
        assert_eq!(access.headers(None).unwrap()[0].1, "Basic YW5uOnB3");
        assert_eq!(access.secrets(), ["pw", "YW5uOnB3"]);
    }

    #[test]
    fn what_lets_in_is_known_in_each_form() {
        let secrets = |env| access("All CRUD endpoints work as {env.U}:{env.P}", env).secrets();
        assert_eq!(secrets(&[("U", "ann"), ("P", "hunter2")]), ["hunter2", "YW5uOmh1bnRlcjI"]);
        // `created the user admin` in a log tells no secret.
        assert_eq!(secrets(&[("U", "admin"), ("P", "admin")]), ["YWRtaW46YWRtaW4"]);
        let access = access("All CRUD endpoints work as {env.T}", &[("T", "Basic YW5uOmh1bnRlcjI=")]);
        assert_eq!(access.secrets(), ["hunter2", "YW5uOmh1bnRlcjI"]);
    }

    #[test]
    fn a_variable_without_a_value_is_named() {
        let access = access("All CRUD endpoints work as {env.API_TOKEN}", &[("API_TOKEN", "")]);
        assert_eq!(access.headers(None).unwrap_err(), "API_TOKEN has no value: give one with `--env API_TOKEN=…`");
    }

    #[test]
    fn a_promise_that_asks_as_somebody_else_is_left_open() {
        let access = access("All CRUD endpoints work as {env.API_TOKEN}", &[("API_TOKEN", "t")]);
        assert!(access.other_than(None, None).is_none());
        assert!(access.other_than(Some(&Login::Bearer("{env.API_TOKEN}".to_owned())), None).is_none());
        assert!(access.other_than(Some(&Login::Bearer("{env.OTHER}".to_owned())), None).is_some());
    }
}
