//! The reference pages are the vocabulary's and the table of dependencies'.

use std::path::Path;

#[test]
fn the_reference_page_is_made_from_the_vocabulary() {
    check("specification.md", &seaworthy_spec::reference_markdown());
}

#[test]
fn the_page_of_dependencies_is_made_from_the_table_of_kinds() {
    check("dependencies.md", &seaworthy_spec::dependencies_markdown());
}

#[track_caller]
fn check(name: &str, page: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, page).expect("docs/ can be written");
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == page, "docs/{name} is stale: `UPDATE_DOCS=1 cargo test -p seaworthy-spec` writes it anew");
}
