//! `seaworthy completions` and `seaworthy man`.

use crate::support::Place;

#[test]
fn each_shell_gets_completions_for_every_command() {
    for shell in ["bash", "zsh", "fish"] {
        let told = Place::empty().call(&["completions", shell]);
        for command in ["ship", "verify", "doctor"] {
            assert!(told.contains(command), "{shell} does not complete {command}");
        }
    }
}

#[test]
fn each_command_has_a_manual_page() -> anyhow::Result<()> {
    let place = Place::empty();
    let told = place.call(&["man", "pages"]);
    assert_eq!(told, "exit 0\n--- stderr\nnote: 13 pages are in pages\n");
    let page = std::fs::read_to_string(place.path().join("pages/seaworthy-verify.1"))?;
    assert!(page.contains(".TH seaworthy-verify 1"), "{page}");
    assert!(page.contains("\\-\\-engine"), "{page}");
    Ok(())
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let told = Place::empty().with("pages", "a file").call(&["man", "pages"]);
    assert_eq!(told, "exit 2\n--- stderr\nerror: cannot make the folder `pages`: file exists\n");
}
