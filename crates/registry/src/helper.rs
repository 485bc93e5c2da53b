//! Programs that keep logins: `docker-credential-NAME`.

use std::ffi::OsStr;
use std::io::{self, Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use serde::Deserialize;

use crate::credentials::{Credential, Login};
use crate::refusal::clean;
use crate::secret::Secret;
use crate::stop::Stop;

pub(crate) enum HelperError {
    Missing,
    Failed(String),
}

/// How long a helper may take: some ask a person.
const PATIENCE: Duration = Duration::from_mins(1);

const OUTPUT_BYTES: u64 = 1 << 20;

/// How often it is looked whether the answer is still wanted.
const LOOK: Duration = Duration::from_millis(50);

/// The user name that says that the secret is an identity token.
const TOKEN_USER: &str = "<token>";

#[derive(Deserialize)]
struct Answer {
    #[serde(rename = "Username", default)]
    user: String,
    #[serde(rename = "Secret", default)]
    secret: String,
}

/// Asks a helper for the login to a server; `None` if it has none. The server's name goes to its standard input.
pub(crate) fn get(
    name: &str,
    folders: Option<&OsStr>,
    server: &str,
    stop: &Stop,
) -> Result<Option<Login>, HelperError> {
    let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    let program = format!("docker-credential-{name}");
    let found = std::env::split_paths(folders.unwrap_or_default())
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join(&program))
        .find(|path| path.is_file());
    let Some(path) = found.filter(|_| plain) else { return Err(HelperError::Missing) };
    let mut child = Command::new(path)
        .arg("get")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| HelperError::Failed(error.to_string()))?;
    let (output, success) = talk(&mut child, server, stop).map_err(|error| HelperError::Failed(error.to_string()))?;
    if !success {
        let said = String::from_utf8_lossy(&output);
        let said = said.trim();
        if said.contains("credentials not found") {
            return Ok(None);
        }
        let why = match said {
            "" => "it says nothing".to_owned(),
            // An answer after all: it holds the secret.
            answer if answer.contains("Secret") => "it says so".to_owned(),
            other => clean(other),
        };
        return Err(HelperError::Failed(why));
    }
    let Ok(Answer { user, secret }) = serde_json::from_slice(&output) else {
        return Err(HelperError::Failed("its answer is not the JSON it should be".to_owned()));
    };
    if user.is_empty() && secret.is_empty() {
        return Ok(None);
    }
    let secret = Secret::new(secret);
    let credential = if user == TOKEN_USER { Credential::IdentityToken(secret) } else { Credential::Password(secret) };
    Ok(Some(Login { user, credential, found_in: program }))
}

/// Writes one line, reads the answer, waits for the end: all within the time.
fn talk(child: &mut Child, server: &str, stop: &Stop) -> io::Result<(Vec<u8>, bool)> {
    if let Some(mut input) = child.stdin.take() {
        // A helper that does not read fails in its own way.
        let _ = writeln!(input, "{server}");
    }
    let (sender, receiver) = mpsc::channel();
    if let Some(output) = child.stdout.take() {
        thread::spawn(move || {
            let mut bytes = Vec::new();
            let read = output.take(OUTPUT_BYTES).read_to_end(&mut bytes);
            let _ = sender.send(read.map(|_| bytes));
        });
    }
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline && !stop.is_set() {
        match receiver.recv_timeout(LOOK) {
            Ok(output) => return Ok((output?, child.wait()?.success())),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    child.kill()?;
    child.wait()?;
    Err(io::Error::new(io::ErrorKind::TimedOut, format!("no answer within {} s", PATIENCE.as_secs())))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[track_caller]
    fn check(script: &str, expected: &str) {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("docker-credential-test");
        // Written by another process: a file that this one has open for writing cannot be run by its children.
        let mut shell =
            Command::new("sh").args(["-c", r#"cat > "$0""#]).arg(&program).stdin(Stdio::piped()).spawn().unwrap();
        shell.stdin.take().unwrap().write_all(format!("#!/bin/sh\n{script}\n").as_bytes()).unwrap();
        assert!(shell.wait().unwrap().success());
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let got = match get("test", Some(folder.path().as_os_str()), "r.example", &Stop::default()) {
            Ok(None) => "nobody".to_owned(),
            Ok(Some(Login { user, credential: Credential::Password(password), .. })) => {
                format!("{user}:{}", password.expose())
            }
            Ok(Some(Login { user, credential: Credential::IdentityToken(token), .. })) => {
                format!("{user} by {}", token.expose())
            }
            Err(HelperError::Missing) => "missing".to_owned(),
            Err(HelperError::Failed(why)) => why,
        };
        assert_eq!(got, expected, "{script}");
    }

    #[test]
    fn a_helper_is_asked_on_its_standard_input() {
        check(
            r#"read server; [ "$1" = get ] && echo "{\"Username\":\"me\",\"Secret\":\"for $server\"}""#,
            "me:for r.example",
        );
        check(r#"echo '{"Username":"<token>","Secret":"T"}'"#, "<token> by T");
        check("echo 'credentials not found in native keychain'; exit 1", "nobody");
        check("echo 'the keychain is locked'; exit 1", "the keychain is locked");
        check("exit 1", "it says nothing");
        check(r#"echo '{"Username":"me","Secret":"s3cr3t"}'; exit 1"#, "it says so");
        check("echo secret", "its answer is not the JSON it should be");
    }

    #[test]
    fn a_helper_that_is_not_there_is_missing() {
        let stop = Stop::default();
        assert!(matches!(get("../x", Some(OsStr::new("/bin")), "r", &stop), Err(HelperError::Missing)));
        assert!(matches!(get("none", None, "r", &stop), Err(HelperError::Missing)));
    }
}
