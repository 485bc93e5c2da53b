//! `image.slim`: No shell / package manager / compiler / build tools in image.

use std::path::Path;

use seaworthy_spec::Tool;

use super::Facts;
use super::facts::absolute;
use super::program::{Program, is_executable};
use crate::Finding;

const SHELLS: &[&str] = &[
    "sh", "bash", "rbash", "dash", "ash", "zsh", "ksh", "ksh93", "mksh", "pdksh", "csh", "tcsh", "fish", "yash",
    "sash", "hush", "nu", "elvish", "xonsh", "pwsh", "busybox", "toybox",
];
const PACKAGE_MANAGERS: &[&str] = &[
    "apk",
    "apt",
    "apt-get",
    "aptitude",
    "dpkg",
    "yum",
    "dnf",
    "dnf5",
    "microdnf",
    "tdnf",
    "rpm",
    "zypper",
    "pacman",
    "opkg",
    "xbps-install",
    "emerge",
    "nix",
    "nix-env",
    "brew",
    "snap",
    "flatpak",
    "pip",
    "pipx",
    "uv",
    "poetry",
    "conda",
    "mamba",
    "npm",
    "npx",
    "yarn",
    "pnpm",
    "corepack",
    "gem",
    "bundle",
    "bundler",
    "composer",
    "cpan",
    "cpanm",
    "luarocks",
    "cargo",
];
const COMPILERS: &[&str] = &[
    "gcc", "g++", "cc", "c++", "c89", "c99", "cpp", "clang", "clang++", "tcc", "icx", "rustc", "go", "gofmt", "javac",
    "ghc", "ocamlopt", "gfortran", "gnat", "swiftc", "kotlinc", "scalac", "zig", "dmd", "ldc2", "nim", "crystal",
    "cc1", "cc1plus", "nvcc", "fpc",
];
const BUILD_TOOLS: &[&str] = &[
    "make",
    "gmake",
    "cmake",
    "ninja",
    "meson",
    "scons",
    "bazel",
    "buck2",
    "autoconf",
    "automake",
    "autoreconf",
    "libtool",
    "ld",
    "ld.bfd",
    "ld.gold",
    "ld.lld",
    "lld",
    "mold",
    "as",
    "ar",
    "ranlib",
    "nm",
    "objcopy",
    "strip",
    "mvn",
    "gradle",
    "ant",
    "sbt",
    "lein",
    "cargo",
    "rake",
    "pkg-config",
    "pkgconf",
    "patch",
    "m4",
    "bison",
    "flex",
    "yacc",
    "protoc",
    "gyp",
    "node-gyp",
];

/// Looks for executable files of those names anywhere in the final tree, through links too, and for busybox under any name.
pub fn slim(facts: &Facts, without: &[Tool]) -> Finding {
    let mut executables = 0;
    let mut found = Vec::new();
    for (path, _) in facts.tree.iter() {
        let Some((real, node)) = facts.find(path) else { continue };
        if !is_executable(node) {
            continue;
        }
        executables += 1;
        let program = facts.program(&real);
        // `/etc/cron.daily/dpkg` is about a tool, not the tool.
        if path.starts_with("etc") && matches!(program, Some(Program::Script(_))) {
            continue;
        }
        let is_multi_call = matches!(program, Some(Program::Elf { is_multi_call: true, .. }));
        if let Some(tool) = without.iter().find(|tool| is(**tool, path, is_multi_call && real == path)) {
            found.push(format!("`{}` ({})", absolute(path), name(*tool)));
        }
    }
    let names: Vec<&str> = without.iter().map(|tool| name(*tool)).collect();
    match found.len() {
        0 => Finding::pass(format!("no {} among {executables} executables", names.join(", "))),
        1 => Finding::fail(format!("{} is in the image", found[0])),
        count => Finding::fail(format!("{count} are in the image: {}", super::first(&found, 4))),
    }
}

fn name(tool: Tool) -> &'static str {
    match tool {
        Tool::Shell => "shell",
        Tool::PackageManager => "package manager",
        Tool::Compiler => "compiler",
        Tool::BuildTools => "build tool",
    }
}

fn is(tool: Tool, path: &Path, is_multi_call: bool) -> bool {
    let Some(file) = path.file_name().and_then(|name| name.to_str()) else { return false };
    let (names, has_versions) = match tool {
        Tool::Shell if is_multi_call => return true,
        Tool::Shell => (SHELLS, false),
        Tool::PackageManager => (PACKAGE_MANAGERS, true),
        Tool::Compiler => (COMPILERS, true),
        Tool::BuildTools => (BUILD_TOOLS, true),
    };
    if names.contains(&file) {
        return true;
    }
    if !has_versions {
        return false;
    }
    // `pip3.12`, `gcc-12`, `x86_64-linux-gnu-gcc-12`
    let stem = file.trim_end_matches(|sign: char| sign.is_ascii_digit() || sign == '.').trim_end_matches('-');
    let tool_of_target = ["-linux-", "-elf-", "-mingw32-"].iter().find_map(|part| {
        let (_, rest) = stem.split_once(part)?;
        Some(rest.rsplit_once('-').map_or(rest, |(_, last)| last))
    });
    names.contains(&stem) && stem.len() > 1 || tool_of_target.is_some_and(|name| names.contains(&name))
}

#[cfg(test)]
mod tests {
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
    fn links_and_another_name_hide_nothing() {
        let mut busybox = crate::image::tests::elf("amd64", None);
        busybox.extend(vec![0; 300_000]);
        busybox.extend(b"BusyBox v1.36.1\0");
        for facts in [
            Sample::new().file("bin/tool", 0o755, &busybox).facts(),
            Sample::new().file("bin/tool", 0o755, b"x").symlink("bin/sh", "tool").facts(),
            Sample::new().file("opt/bin/sh", 0o755, b"x").symlink("bin", "opt/bin").facts(),
        ] {
            assert_eq!(slim(&facts, &[Tool::Shell]).verdict, Fail);
        }
        for facts in [
            Sample::new().file("bin/sh", 0o644, b"x").facts(),
            Sample::new().file("etc/cron.daily/dpkg", 0o755, b"#!/bin/sh\n").facts(),
            Sample::new().symlink("bin/sh", "nowhere").facts(),
            Sample::new().file("bin/sh", 0o755, b"x").layer().file("bin/.wh.sh", 0o644, b"").facts(),
        ] {
            assert_eq!(slim(&facts, ALL).verdict, Pass);
        }
    }
}
