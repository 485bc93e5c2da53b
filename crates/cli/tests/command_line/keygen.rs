//! `seaworthy keygen`.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;

use insta::assert_snapshot;
use seaworthy_proof::{SigningKey, VerifyingKey};

use crate::support::{Place, show};

/// The exit code and both streams with a password in the environment, and the key's id replaced.
fn keygen(place: &Place, arguments: &[&str], password: &str) -> String {
    let mut command = place.command(&[&["keygen"], arguments].concat());
    let text = show(&command.env("COSIGN_PASSWORD", password).stdin(Stdio::null()).output().unwrap());
    let id = text.lines().find_map(|line| line.strip_prefix("id       ")).unwrap_or("no id").to_owned();
    text.replace(&id, "ID").replace(&place.path().display().to_string(), "FOLDER")
}

fn read(place: &Place, name: &str) -> String {
    fs::read_to_string(place.path().join(name)).unwrap()
}

#[test]
fn it_writes_a_pair_of_keys_and_says_what_they_are_for() {
    let place = Place::empty();
    assert_snapshot!(keygen(&place, &[], "a password"), @"
    exit 0
    --- stdout
    private  seaworthy.key
    public   seaworthy.pub
    id       ID
    --- stderr
    note: sign with `seaworthy ship --to HOST/REPO --sign-key seaworthy.key`
    note: verify with `seaworthy verify HOST/REPO:TAG --verify-key seaworthy.pub`, and give that file to whoever does
    ");
    let (private, public) = (read(&place, "seaworthy.key"), read(&place, "seaworthy.pub"));
    assert!(private.starts_with("-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\n"), "{private}");
    let key = SigningKey::from_pem(&private, Some(b"a password")).unwrap();
    assert_eq!(key.verifying_key(), VerifyingKey::from_pem(&public).unwrap());
    let mode = |name: &str| fs::metadata(place.path().join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("seaworthy.key"), mode("seaworthy.pub") & 0o700), (0o600, 0o600));
}

#[test]
fn an_empty_password_is_taken_and_told() {
    let place = Place::empty();
    assert_snapshot!(keygen(&place, &["-o", "keys/release"], ""), @"
    exit 2
    --- stderr
    error: cannot write `keys/release.key`: no such file or directory
    ");
    let place = place.with("keys/.keep", "");
    assert_snapshot!(keygen(&place, &["-o", "keys/release"], ""), @"
    exit 0
    --- stdout
    private  keys/release.key
    public   keys/release.pub
    id       ID
    --- stderr
    note: the password is empty: whoever reads the private key can sign with it
    note: sign with `seaworthy ship --to HOST/REPO --sign-key keys/release.key`
    note: verify with `seaworthy verify HOST/REPO:TAG --verify-key keys/release.pub`, and give that file to whoever does
    ");
    assert!(SigningKey::from_pem(&read(&place, "keys/release.key"), Some(b"")).is_ok());
}

#[test]
fn a_file_that_is_there_stays_as_it_is() {
    for name in ["seaworthy.key", "seaworthy.pub"] {
        let place = Place::empty().with(name, "mine");
        let said = keygen(&place, &[], "a password");
        assert_eq!(
            said,
            format!(
                "exit 2\n--- stderr\nerror: `{name}` is there already\nhint: choose other names with `-o PREFIX`\n"
            )
        );
        assert_eq!(read(&place, name), "mine");
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1);
    }
}

#[test]
fn without_a_terminal_the_password_must_be_in_the_environment() {
    let place = Place::empty();
    let output = place.command(&["keygen"]).stdin(Stdio::null()).output().unwrap();
    assert_snapshot!(show(&output), @"
    exit 2
    --- stderr
    error: there is no terminal to ask for the key's password
    hint: set COSIGN_PASSWORD to the password; it may be empty
    ");
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
}

#[test]
fn at_a_terminal_the_password_is_asked_twice_and_not_shown() {
    let place = Place::empty();
    let said = place.at_a_terminal(&["keygen"], &[("password for", "s3cr3t word"), ("once more", "s3cr3t word")]);
    assert!(said.starts_with("exit Some(0)\npassword for the private key: \nonce more: \n"), "{said}");
    assert!(!said.contains("s3cr3t"), "{said}");
    assert!(SigningKey::from_pem(&read(&place, "seaworthy.key"), Some(b"s3cr3t word")).is_ok());

    let place = Place::empty();
    let said = place.at_a_terminal(&["keygen"], &[("password for", "one"), ("once more", "two")]);
    assert_eq!(said, "exit Some(2)\npassword for the private key: \nonce more: \nerror: the two passwords differ\n");
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
}
