//! `docs/doctor-causes.md` is made from the table of causes, and held to it here.
//!
//! `UPDATE_DOCS=1 cargo test -p seaworthy-doctor --test reference` writes it.

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/doctor-causes.md");

#[test]
fn the_page_says_what_the_table_says() {
    let page = seaworthy_doctor::reference::page();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(PATH, &page).unwrap();
    }
    let written = std::fs::read_to_string(PATH).unwrap_or_default();
    assert!(
        written == page,
        "docs/doctor-causes.md: `UPDATE_DOCS=1 cargo test -p seaworthy-doctor --test reference` writes it"
    );
}
