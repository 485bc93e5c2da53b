//! `docs/cli.md` is made from the definition of the command line, and held to it here.
//!
//! `UPDATE_DOCS=1 cargo test -p seaworthy --bin seaworthy reference` writes it.

use std::fmt::Write as _;

use clap::{Command, CommandFactory as _};

use crate::args::Cli;

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/cli.md");

const HEAD: &str = "\
# The command line

Made from the program's own `--help`: change it there, then run
`UPDATE_DOCS=1 cargo test -p seaworthy --bin seaworthy reference`.

Data goes to stdout, everything else to stderr. Colour and progress appear only on a terminal; `NO_COLOR` is honoured.
Paths are relative to the folder in which the program is called, also with `-C`. What the exit codes mean stands in
[`exit-codes.md`](exit-codes.md), what a report holds in [`report.md`](report.md).
";

fn page() -> String {
    let mut command = Cli::command().term_width(100);
    command.build();
    let mut page = HEAD.to_owned();
    section(&mut page, "seaworthy", &mut command);
    for inner in command.get_subcommands_mut() {
        let name = format!("seaworthy {}", inner.get_name());
        section(&mut page, &name, inner);
    }
    page
}

fn section(page: &mut String, name: &str, command: &mut Command) {
    let help = command.render_long_help().to_string();
    let lines: Vec<&str> = help.trim().lines().map(str::trim_end).collect();
    let _ = write!(page, "\n## `{name}`\n\n```text\n{}\n```\n", lines.join("\n"));
}

#[test]
fn the_page_says_what_the_program_says() {
    let page = page();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(PATH, &page).unwrap();
    }
    let written = std::fs::read_to_string(PATH).unwrap_or_default();
    assert!(
        written == page,
        "docs/cli.md is not what the program says; `UPDATE_DOCS=1 cargo test -p seaworthy --bin seaworthy reference` writes it"
    );
}
