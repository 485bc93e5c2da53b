//! The reference page is the vocabulary's.

use std::path::Path;

#[test]
fn the_reference_page_is_made_from_the_vocabulary() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/specification.md");
    let page = seaworthy_spec::reference_markdown();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == page,
        "docs/specification.md is stale: `UPDATE_DOCS=1 cargo test -p seaworthy-spec` writes it anew"
    );
}
