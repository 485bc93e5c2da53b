//! What a registry's refusal means.

use crate::RegistryError;
use crate::refusal::Refusal;
use crate::request::Scope;

/// What was asked, and as whom.
pub(crate) struct Case<'a> {
    /// As the user names the registry.
    pub(crate) host: &'a str,
    /// `PUT /v2/app/manifests/1.0`
    pub(crate) label: &'a str,
    pub(crate) scope: Option<&'a Scope>,
    pub(crate) presented: &'a Presented,
    /// Whether it is the server of tokens that refuses.
    pub(crate) token_server: bool,
    /// The host that refuses, where the registry sent the request to another one.
    pub(crate) elsewhere: Option<&'a str>,
}

/// As whom something was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Presented {
    Nobody,
    /// A password, sent with the request.
    Login {
        user: String,
        found_in: String,
    },
    /// A token that a login was exchanged for.
    Token,
}

impl Case<'_> {
    pub(crate) fn error(&self, refusal: Refusal) -> RegistryError {
        let host = self.host.to_owned();
        let repository = self.scope.map(|scope| scope.repository.clone()).unwrap_or_default();
        let status = refusal.status;
        let refusal = Box::new(refusal);
        if status == 429 || refusal.has_code("TOOMANYREQUESTS") {
            return RegistryError::RateLimit { host, refusal };
        }
        if is_full(&refusal) {
            return RegistryError::RegistryFull { host, refusal };
        }
        if let Some(tag) = self.tag_put().filter(|_| is_immutable(&refusal)) {
            return RegistryError::TagImmutable { repository, tag: tag.to_owned(), refusal };
        }
        if refusal.has_code("NAME_INVALID") {
            return RegistryError::NameInvalid { host, repository, refusal };
        }
        // A storage knows no accounts: its links wear out.
        if let (401 | 403, Some(elsewhere)) = (status, self.elsewhere) {
            return RegistryError::Refused { host: elsewhere.to_owned(), asked: self.label.to_owned(), refusal };
        }
        match (status, self.presented) {
            (401, Presented::Nobody) => RegistryError::NotLoggedIn { host, repository },
            (403, Presented::Nobody) if self.token_server => RegistryError::NotLoggedIn { host, repository },
            (401, Presented::Login { user, found_in }) => wrong(host, user, found_in),
            (400, Presented::Login { user, found_in }) if self.token_server && refusal.speaks_of("invalid_grant") => {
                wrong(host, user, found_in)
            }
            (401 | 403, _) => {
                let access = if self.scope.is_some_and(|scope| scope.push) { "push to" } else { "pull from" };
                RegistryError::NoPermission { host, repository, access, refusal }
            }
            (404, _) if !self.token_server => self.missing(host, repository, refusal),
            _ => RegistryError::Refused { host, asked: self.label.to_owned(), refusal },
        }
    }

    fn missing(&self, host: String, repository: String, refusal: Box<Refusal>) -> RegistryError {
        let of_name = refusal.has_code("NAME_UNKNOWN")
            || self.label.ends_with("/blobs/uploads/")
            || self.label.ends_with("/tags/list");
        if of_name {
            return RegistryError::NoSuchRepository { host, repository };
        }
        let identifier = |part: &str| {
            self.label
                .rsplit_once(part)
                .map(|(_, rest)| rest.to_owned())
                .filter(|rest| !rest.is_empty() && !rest.contains('/'))
        };
        let whole = format!("{host}/{repository}");
        if let Some(identifier) = identifier("/manifests/") {
            return RegistryError::NoSuchManifest { repository: whole, identifier };
        }
        match identifier("/blobs/") {
            Some(digest) => RegistryError::NoSuchBlob { repository: whole, digest },
            None => RegistryError::Refused { host, asked: self.label.to_owned(), refusal },
        }
    }

    /// The tag, where one was to be written.
    fn tag_put(&self) -> Option<&str> {
        let (_, tag) = self.label.strip_prefix("PUT ")?.rsplit_once("/manifests/")?;
        (!tag.contains(':')).then_some(tag)
    }
}

fn wrong(host: String, user: &str, found_in: &str) -> RegistryError {
    RegistryError::WrongCredentials { host, user: user.to_owned(), found_in: found_in.to_owned() }
}

fn is_full(refusal: &Refusal) -> bool {
    // `"Err":28` is how the reference registry wraps the system's ENOSPC.
    let words = [
        "no space left",
        "\"Err\":28",
        "disk is full",
        "disk full",
        "quota",
        "insufficient storage",
        "exceed the configured upper limit",
        // How Go writes ENOSPC where it has only the number: Debian's registry, when the disk was full before.
        "\"err\":28}",
    ];
    refusal.status == 507 || words.iter().any(|word| refusal.speaks_of(word))
}

fn is_immutable(refusal: &Refusal) -> bool {
    let words = [
        "immutab",
        "ImageTagAlreadyExists",
        "cannot be overwritten",
        "already exists",
        "write-disabled",
        "not allowed to overwrite",
    ];
    matches!(refusal.status, 400 | 403 | 405 | 409 | 412) && words.iter().any(|word| refusal.speaks_of(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(status: u16, code: &str, message: &str) -> Refusal {
        let codes = if code.is_empty() { Vec::new() } else { vec![code.to_owned()] };
        Refusal { status, codes, message: message.to_owned(), retry_after: None }
    }

    #[track_caller]
    fn check(label: &str, presented: &Presented, refusal: Refusal, expected: &str) {
        let scope = Scope::push("a/b");
        let case =
            Case { host: "r.example", label, scope: Some(&scope), presented, token_server: false, elsewhere: None };
        let error = case.error(refusal);
        assert_eq!(error.to_string(), expected);
    }

    #[test]
    fn a_refusal_says_what_to_do_next() {
        let login = Presented::Login { user: "me".to_owned(), found_in: "config.json".to_owned() };
        let (nobody, token) = (Presented::Nobody, Presented::Token);
        let put = "PUT /v2/a/b/manifests/1.0";
        let by_digest = "PUT /v2/a/b/manifests/sha256:12";
        check(put, &nobody, refusal(401, "UNAUTHORIZED", ""), "`r.example` wants a login for `a/b`");
        check(
            put,
            &login,
            refusal(401, "UNAUTHORIZED", ""),
            "`r.example` does not accept the login of `me` in `config.json`",
        );
        check(
            put,
            &token,
            refusal(401, "UNAUTHORIZED", "no"),
            "`r.example` permits no push to `a/b`: 401 UNAUTHORIZED: no",
        );
        check(put, &login, refusal(403, "DENIED", "no"), "`r.example` permits no push to `a/b`: 403 DENIED: no");
        check(put, &nobody, refusal(403, "DENIED", "no"), "`r.example` permits no push to `a/b`: 403 DENIED: no");
        check(put, &nobody, refusal(404, "NAME_UNKNOWN", ""), "`r.example` has no repository `a/b`");
        check(
            "GET /v2/a/b/manifests/1.0",
            &nobody,
            refusal(404, "MANIFEST_UNKNOWN", ""),
            "`r.example/a/b` has no `1.0`",
        );
        check("HEAD /v2/a/b/manifests/1.0", &nobody, refusal(404, "", ""), "`r.example/a/b` has no `1.0`");
        check("GET /v2/a/b/blobs/sha256:12", &nobody, refusal(404, "", ""), "`r.example/a/b` has no blob `sha256:12`");
        check("GET /v2/a/b/tags/list", &nobody, refusal(404, "", ""), "`r.example` has no repository `a/b`");
        check("POST /v2/a/b/blobs/uploads/", &nobody, refusal(404, "", ""), "`r.example` has no repository `a/b`");
        check(
            "PATCH /v2/a/b/blobs/uploads/7",
            &nobody,
            refusal(404, "BLOB_UPLOAD_UNKNOWN", ""),
            "`r.example` refuses `PATCH /v2/a/b/blobs/uploads/7`: 404 BLOB_UPLOAD_UNKNOWN",
        );
        check(
            put,
            &nobody,
            refusal(400, "NAME_INVALID", "bad"),
            "`r.example` takes no repository named `a/b`: 400 NAME_INVALID: bad",
        );
        for (status, code, message) in [
            (
                400,
                "TAG_INVALID",
                "The image tag '1.0' already exists in the 'b' repository and cannot be overwritten because the repository is immutable.",
            ),
            (400, "MANIFEST_INVALID", "cannot update tag 1.0. The repository has enabled tag immutability"),
            (412, "PRECONDITION", "configured as immutable"),
            (405, "UNSUPPORTED", "immutable"),
            (403, "DENIED", "tag is immutable"),
            (409, "ImageTagAlreadyExistsException", ""),
        ] {
            let told = refusal(status, code, message).to_string();
            check(
                put,
                &token,
                refusal(status, code, message),
                &format!("the tag `1.0` of `a/b` cannot be moved: {told}"),
            );
        }
        check(
            by_digest,
            &token,
            refusal(403, "DENIED", "tag is immutable"),
            "`r.example` permits no push to `a/b`: 403 DENIED: tag is immutable",
        );
        check(put, &nobody, refusal(507, "", ""), "`r.example` has no space left: 507");
        check(
            put,
            &nobody,
            refusal(500, "UNKNOWN", "write: no space left on device"),
            "`r.example` has no space left: 500 UNKNOWN: write: no space left on device",
        );
        check(
            put,
            &nobody,
            refusal(403, "DENIED", "storage quota exceeded"),
            "`r.example` has no space left: 403 DENIED: storage quota exceeded",
        );
        check(put, &nobody, refusal(429, "TOOMANYREQUESTS", "slow"), "`r.example` answers too many requests");
        check(
            put,
            &nobody,
            refusal(500, "UNKNOWN", ""),
            "`r.example` refuses `PUT /v2/a/b/manifests/1.0`: 500 UNKNOWN",
        );
    }

    #[test]
    fn a_link_that_is_worn_out_says_nothing_of_the_account() {
        let case = Case {
            host: "r.example",
            label: "GET /v2/a/b/blobs/sha256:12",
            scope: Some(&Scope::pull("a/b")),
            presented: &Presented::Token,
            token_server: false,
            elsewhere: Some("storage.example"),
        };
        let error = case.error(refusal(403, "", ""));
        assert_eq!(error.to_string(), "`storage.example` refuses `GET /v2/a/b/blobs/sha256:12`: 403");
    }

    #[test]
    fn the_server_of_tokens_speaks_of_logins() {
        let scope = Scope::pull("a/b");
        let check = |presented: &Presented, refusal: Refusal, expected: &str| {
            let case = Case {
                host: "r.example",
                label: "GET /token",
                scope: Some(&scope),
                presented,
                token_server: true,
                elsewhere: None,
            };
            assert_eq!(case.error(refusal).to_string(), expected);
        };
        let login = Presented::Login { user: "me".to_owned(), found_in: "helper".to_owned() };
        check(&Presented::Nobody, refusal(403, "DENIED", ""), "`r.example` wants a login for `a/b`");
        check(&login, refusal(403, "DENIED", "no"), "`r.example` permits no pull from `a/b`: 403 DENIED: no");
        check(&login, refusal(401, "", ""), "`r.example` does not accept the login of `me` in `helper`");
        check(&login, refusal(400, "", "invalid_grant"), "`r.example` does not accept the login of `me` in `helper`");
        check(&login, refusal(404, "", ""), "`r.example` refuses `GET /token`: 404");
    }
}
