//! `image.slim`: No shell / package manager / compiler / build tools in image.

pub(super) mod tools;

use std::path::Path;

use seaworthy_spec::Tool;

use super::facts::absolute;
use super::program::{Program, is_executable};
use super::{Facts, first};
use crate::Finding;

/// Looks for executable files of those names anywhere in the final tree, through links too; for shells under any name, by their content;
/// and for what a language's runtime can run in their place.
pub fn slim(facts: &Facts, without: &[Tool]) -> Finding {
    let mut executables = 0;
    let (mut found, mut bringers) = (Vec::new(), Vec::new());
    for (path, _) in facts.tree.iter() {
        let Some((real, node)) = facts.find(path) else { continue };
        if !node.is_file() {
            continue;
        }
        if is_executable(node) {
            executables += 1;
            found.extend(without.iter().find_map(|tool| executable(*tool, path, &real, facts.program(&real))));
        }
        // A folder may be reached by several links.
        if real == path {
            let told = |command: &str, tool: Tool| format!("`{}` ({}: `{command}`)", absolute(path), tools::name(tool));
            found.extend(without.iter().find_map(|tool| Some(told(tools::module(*tool, path)?, *tool))));
            bringers.extend(without.iter().find_map(|tool| Some(told(tools::brings(*tool, path)?, *tool))));
        }
    }
    let names: Vec<&str> = without.iter().map(|tool| tools::name(*tool)).collect();
    match found.len() {
        0 => {
            let pass = Finding::pass(format!("no {} among {executables} executables", names.join(", ")));
            let warning = |bringer: &String| format!("it can be brought without a network: {bringer}");
            bringers.iter().map(warning).fold(pass, Finding::warn)
        }
        1 => Finding::fail(format!("{} is in the image", found[0])),
        count => Finding::fail(format!("{count} are in the image: {}", first(&found, 4))),
    }
}

/// What an executable is, if it is such a tool by its name or by its content.
fn executable(tool: Tool, path: &Path, real: &Path, program: Option<&Program>) -> Option<String> {
    if is_about_a_tool(path, program) {
        return None;
    }
    let (place, tool_name) = (absolute(path), tools::name(tool));
    if path.file_name().and_then(|name| name.to_str()).is_some_and(|file| tools::is_named(tool, file)) {
        return Some(format!("`{place}` ({tool_name})"));
    }
    match program {
        Some(Program::Elf { shell: Some(shell), .. }) if tool == Tool::Shell && real == path => {
            Some(format!("`{place}` ({tool_name}: {shell} by what is in it)"))
        }
        _ => None,
    }
}

/// A script that only has a tool's name, for what calls it: `/etc/cron.daily/dpkg`, `/usr/share/bug/dpkg`. In a folder for programs, such as
/// Maven's `/usr/share/maven/bin`, it is the tool.
fn is_about_a_tool(path: &Path, program: Option<&Program>) -> bool {
    let is_among_programs = path.parent().is_some_and(|folder| folder.ends_with("bin") || folder.ends_with("sbin"));
    let is_data = ["etc", "usr/share"].iter().any(|folder| path.starts_with(folder));
    is_data && !is_among_programs && matches!(program, Some(Program::Script(_)))
}

#[cfg(test)]
mod tests {
    use seaworthy_report::Verdict;
    use seaworthy_report::Verdict::{Fail, Pass};

    use super::*;
    use crate::image::tests::Sample;

    const ALL: &[Tool] = &[Tool::Shell, Tool::PackageManager, Tool::Compiler, Tool::BuildTools];

    #[test]
    fn tools_are_known_by_name_wherever_they_lie() {
        for (path, tool) in [
            ("bin/sh", Some(Tool::Shell)),
            ("opt/x/bash", Some(Tool::Shell)),
            ("sbin/apk", Some(Tool::PackageManager)),
            ("usr/local/bin/pip3.12", Some(Tool::PackageManager)),
            ("usr/bin/gcc-12", Some(Tool::Compiler)),
            ("usr/bin/x86_64-linux-gnu-gcc-12", Some(Tool::Compiler)),
            ("usr/bin/x86_64-linux-gnu-ld", Some(Tool::BuildTools)),
            ("usr/local/go/bin/go", Some(Tool::Compiler)),
            ("usr/bin/make", Some(Tool::BuildTools)),
            ("usr/bin/task-api", None),
            ("usr/bin/sha256sum", None),
            ("usr/bin/python3.12", None),
            ("usr/bin/7", None),
        ] {
            let facts = Sample::new().file(path, 0o755, b"x").facts();
            for each in ALL {
                let expected = if Some(*each) == tool { Fail } else { Pass };
                assert_eq!(slim(&facts, &[*each]).verdict, expected, "{path} {each:?}");
            }
        }
    }

    #[test]
    fn a_program_is_known_by_its_own_name_alone() {
        for (path, program, expected) in [
            ("usr/bin/gcc-12", "gcc", Fail),
            ("usr/bin/x86_64-linux-gnu-gcc-12", "gcc", Fail),
            ("usr/bin/clang", "gcc", Pass),
            ("usr/bin/git", "git", Fail),
            ("usr/bin/git-shell", "git", Pass),
            ("usr/share/bug/git", "git", Pass),
            ("usr/lib/python3/dist-packages/pip/__main__.py", "pip", Fail),
            ("usr/lib/python3/dist-packages/pip/__main__.py", "npm", Pass),
        ] {
            let mode = if path.contains(".py") || path.contains("share") { 0o644 } else { 0o755 };
            let facts = Sample::new().file(path, mode, b"x").facts();
            assert_eq!(slim(&facts, &[Tool::Program(program)]).verdict, expected, "{path} {program}");
        }
    }

    #[test]
    fn links_and_another_name_hide_nothing() {
        for facts in [
            Sample::new().file("bin/tool", 0o755, b"x").symlink("bin/sh", "tool").facts(),
            Sample::new().file("opt/bin/sh", 0o755, b"x").symlink("bin", "opt/bin").facts(),
            Sample::new().file("usr/share/bug/sh", 0o755, b"x").facts(),
        ] {
            assert_eq!(slim(&facts, &[Tool::Shell]).verdict, Fail);
        }
        for path in ["usr/share/maven/bin/mvn", "usr/bin/mvn"] {
            let facts = Sample::new().file(path, 0o755, b"#!/bin/sh\n").facts();
            assert_eq!(slim(&facts, &[Tool::BuildTools]).verdict, Fail, "{path}");
        }
        let linked =
            Sample::new().file("usr/share/bug/x", 0o755, b"#!/bin/sh\n").symlink("usr/bin/dpkg", "../share/bug/x");
        assert_eq!(slim(&linked.facts(), &[Tool::PackageManager]).verdict, Fail);
        for facts in [
            Sample::new().file("bin/sh", 0o644, b"x").facts(),
            Sample::new().file("etc/cron.daily/dpkg", 0o755, b"#!/bin/sh\n").facts(),
            Sample::new().file("usr/share/bug/dpkg", 0o755, b"#!/bin/sh\n").facts(),
            Sample::new().symlink("bin/sh", "nowhere").facts(),
            Sample::new().file("bin/sh", 0o755, b"x").layer().file("bin/.wh.sh", 0o644, b"").facts(),
        ] {
            assert_eq!(slim(&facts, ALL).verdict, Pass);
        }
    }

    fn program(text: &str) -> Vec<u8> {
        let mut bytes = crate::image::tests::elf("amd64", None);
        bytes.extend(vec![0; 300_000]);
        bytes.extend(text.as_bytes());
        bytes.push(0);
        bytes
    }

    #[track_caller]
    fn check(facts: &Facts, verdict: Verdict, evidence: &str) {
        let found = slim(facts, ALL);
        assert_eq!((found.verdict, found.evidence.as_str()), (verdict, evidence));
    }

    #[test]
    fn a_shell_under_another_name_is_known_by_its_content() {
        for (text, name) in [
            ("BusyBox v1.36.1", "BusyBox"),
            ("can't access tty; job control turned off\0BusyBox v1.36.1", "BusyBox"),
            ("usage: toybox [--long | --help", "toybox"),
            ("GNU bash, version %s-(%s)", "bash"),
            ("can't access tty; job control turned off", "an Almquist shell"),
        ] {
            let facts = Sample::new().file("opt/tool", 0o755, &program(text)).facts();
            check(&facts, Fail, &format!("`/opt/tool` (shell: {name} by what is in it) is in the image"));
            // The text alone is none: in a manual, or in a file that cannot be executed.
            for facts in [
                Sample::new().file("opt/manual", 0o755, text.as_bytes()).facts(),
                Sample::new().file("opt/tool", 0o644, &program(text)).facts(),
            ] {
                assert_eq!(slim(&facts, ALL).verdict, Pass, "{text}");
            }
        }
        check(&Sample::new().file("opt/tool", 0o755, &program("bash")).facts(), Pass, NOTHING);
    }

    const NOTHING: &str = "no shell, package manager, compiler, build tool among 1 executables";

    #[test]
    fn what_a_runtime_runs_as_a_package_manager_is_one() {
        let python = || Sample::new().file("usr/local/bin/python3.12", 0o755, &program(""));
        let pip = "usr/local/lib/python3.12/site-packages/pip/__main__.py";
        check(
            &python().file(pip, 0o644, b"x").facts(),
            Fail,
            "`/usr/local/lib/python3.12/site-packages/pip/__main__.py` (package manager: `python -m pip`) is in the image",
        );
        let npm = "usr/local/lib/node_modules/npm/bin/npm-cli.js";
        assert_eq!(slim(&python().file(npm, 0o644, b"x").facts(), ALL).verdict, Fail);
        // What is left of it when it was removed, or has its name only, is none.
        for path in [
            "usr/local/lib/python3.12/site-packages/pip-24.0.dist-info/METADATA",
            "usr/local/lib/python3.12/site-packages/pip/__init__.py",
            "app/pip/__main__.py",
        ] {
            check(&python().file(path, 0o644, b"x").facts(), Pass, NOTHING);
        }
    }

    #[test]
    fn what_can_bring_a_package_manager_is_a_warning() {
        let facts = Sample::new().file("usr/lib/python3.12/ensurepip/__main__.py", 0o644, b"x").facts();
        let found = slim(&facts, &[Tool::PackageManager]);
        assert_eq!(found.verdict, Pass);
        assert_eq!(
            found.warnings,
            [
                "it can be brought without a network: `/usr/lib/python3.12/ensurepip/__main__.py` (package manager: `python -m ensurepip`)"
            ]
        );
        assert_eq!(slim(&facts, &[Tool::Shell]).warnings, Vec::<String>::new());
    }
}
