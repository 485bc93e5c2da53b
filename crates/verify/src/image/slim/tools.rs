//! The table of tools, read from `tools.txt`, which says how it is written.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::LazyLock;

use seaworthy_spec::Tool;

const TEXT: &str = include_str!("tools.txt");

static TABLE: LazyLock<Table> = LazyLock::new(|| Table::parse(TEXT));

#[derive(Default)]
struct Table {
    names: BTreeSet<(&'static str, &'static str)>,
    programs: Vec<Row>,
    modules: Vec<Row>,
    brings: Vec<Row>,
    /// Lines that are of no known form.
    unread: Vec<&'static str>,
}

/// What is called `name`, and the text or path by which it is known.
struct Row {
    section: &'static str,
    name: &'static str,
    mark: &'static str,
}

impl Table {
    fn parse(text: &'static str) -> Self {
        let mut table = Self::default();
        let mut section = "";
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
            if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
                section = name;
                continue;
            }
            let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
            let row = rest.split_once(" = ").map(|(name, mark)| Row { section, name: name.trim(), mark });
            match (word, row) {
                ("names", None) => table.names.extend(rest.split_whitespace().map(|name| (section, name))),
                ("program", Some(row)) => table.programs.push(row),
                ("module", Some(row)) => table.modules.push(row),
                ("brings", Some(row)) => table.brings.push(row),
                _ => table.unread.push(line),
            }
        }
        table
    }
}

/// As the evidence and the table call it.
pub(super) fn name(tool: Tool) -> &'static str {
    match tool {
        Tool::Shell => "shell",
        Tool::PackageManager => "package manager",
        Tool::Compiler => "compiler",
        Tool::BuildTools => "build tool",
        Tool::Program(name) => name,
    }
}

/// Texts that tell what a program is, each the mark of a shell.
pub(in crate::image) fn marks() -> impl Iterator<Item = &'static str> {
    TABLE.programs.iter().map(|row| row.mark)
}

/// The shell whose mark has this number among [`marks`].
pub(in crate::image) fn marked(number: usize) -> Option<&'static str> {
    TABLE.programs.get(number).map(|row| row.name)
}

/// Whether an executable of this name is such a tool.
pub(super) fn is_named(tool: Tool, file: &str) -> bool {
    let is = |word: &str| match tool {
        Tool::Program(name) => word == name,
        _ => TABLE.names.contains(&(name(tool), word)),
    };
    if is(file) {
        return true;
    }
    if tool == Tool::Shell {
        return false;
    }
    // `pip3.12`, `gcc-12`, `x86_64-linux-gnu-gcc-12`
    let stem = file.trim_end_matches(|sign: char| sign.is_ascii_digit() || sign == '.').trim_end_matches('-');
    let tool_of_target = ["-linux-", "-elf-", "-mingw32-"].iter().find_map(|part| {
        let (_, rest) = stem.split_once(part)?;
        Some(rest.rsplit_once('-').map_or(rest, |(_, last)| last))
    });
    is(stem) && stem.len() > 1 || tool_of_target.is_some_and(is)
}

/// The command that a file is without being executable itself.
pub(super) fn module(tool: Tool, path: &Path) -> Option<&'static str> {
    ends(&TABLE.modules, tool, path)
}

/// The command by which a file can bring such a tool.
pub(super) fn brings(tool: Tool, path: &Path) -> Option<&'static str> {
    ends(&TABLE.brings, tool, path)
}

fn ends(rows: &[Row], tool: Tool, path: &Path) -> Option<&'static str> {
    let is = |row: &&Row| match tool {
        // `python -m pip` runs pip.
        Tool::Program(name) => row.name.rsplit(' ').next() == Some(name),
        _ => row.section == name(tool),
    };
    rows.iter().filter(is).find(|row| path.ends_with(row.mark)).map(|row| row.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_is_read() {
        assert_eq!(TABLE.unread, Vec::<&str>::new());
        let sections = [Tool::Shell, Tool::PackageManager, Tool::Compiler, Tool::BuildTools].map(name);
        let rows = TABLE.programs.iter().chain(&TABLE.modules).chain(&TABLE.brings);
        let used: BTreeSet<&str> =
            rows.map(|row| row.section).chain(TABLE.names.iter().map(|(section, _)| *section)).collect();
        assert_eq!(used, BTreeSet::from(sections));
        // The search of a program's content tells shells alone.
        assert!(TABLE.programs.iter().all(|row| row.section == name(Tool::Shell) && row.mark.len() >= 9));
        assert!(!Table::parse("[shell]\nname sh\nprogram x\nmodule a=b").unread.is_empty());
    }
}
