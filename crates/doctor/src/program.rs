//! The program that the command names: whether it is there, may be executed, and can run on this machine.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use object::read::elf::{Dyn as _, ProgramHeader as _};
use object::{Endianness, elf};
use seaworthy_image::{Node, Platform};

use crate::cause::Cause;
use crate::facts::{Facts, shown};

/// Go's names for processors, and their numbers in ELF.
const MACHINES: &[(&str, u16)] =
    &[("amd64", 62), ("386", 3), ("arm64", 183), ("arm", 40), ("riscv64", 243), ("ppc64le", 21), ("s390x", 22)];
/// Where loaders look without being asked to.
const LIBRARY_FOLDERS: &[&str] = &["lib", "lib64", "usr/lib", "usr/lib64", "usr/local/lib"];

/// What an ELF file asks for.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Binary {
    pub(crate) machine: u16,
    pub(crate) loader: Option<String>,
    pub(crate) needed: Vec<String>,
}

/// Why the command's program cannot start, whatever it would do.
pub(crate) fn fault(facts: &Facts) -> Option<Cause> {
    let Some(word) = facts.words.first().filter(|word| !word.is_empty()) else {
        return Some(
            Cause::new("no-command", "the image names no command", "add `ENTRYPOINT [\"/path/to/program\"]`")
                .shown_by("its config has neither `Entrypoint` nor `Cmd`")
                .confirmed(),
        );
    };
    let Some((path, node)) = facts.find(word) else { return Some(not_found(facts, word)) };
    of_file(facts, word, &path, node)
}

/// Of a file that is to be executed.
pub(crate) fn of_file(facts: &Facts, word: &str, path: &Path, node: &Node) -> Option<Cause> {
    let place = shown(path);
    if node.is_directory() {
        let cause = format!("the command names `{word}`, which is a folder");
        return Some(
            Cause::new("entrypoint-not-found", cause, "name the program in it")
                .shown_by(format!("{place} is a folder of the image"))
                .confirmed(),
        );
    }
    if !facts.may(node, 1) {
        return Some(not_executable(facts, &place, node));
    }
    let bytes = facts.content(path)?;
    if bytes.starts_with(b"#!") {
        return script(facts, &place, bytes);
    }
    let Some(binary) = read(bytes) else { return Some(no_program(&place, bytes)) };
    wrong_machine(&place, &binary).or_else(|| missing_loader(facts, &place, &binary))
}

fn not_found(facts: &Facts, word: &str) -> Cause {
    let cause = if word.contains(' ') {
        format!("the command's first word is `{word}`, and no file has that name: program and arguments are one word")
    } else if word.contains('/') {
        format!("the command names `{word}`, which is not in the image")
    } else {
        format!("the command names `{word}`, which is in no folder of PATH")
    };
    let name = word.rsplit('/').next().unwrap_or(word);
    let elsewhere: Vec<String> = facts.named(name).iter().map(|path| shown(path)).collect();
    let next = match elsewhere.first() {
        _ if word.contains(' ') => {
            let words: Vec<String> = word.split_whitespace().map(|part| format!("\"{part}\"")).collect();
            format!("write `ENTRYPOINT [{}]`", words.join(", "))
        }
        Some(path) => format!("name `{path}`, where a file of that name is"),
        None => format!("copy `{name}` into the image, or install the package that has it"),
    };
    let seen = if elsewhere.is_empty() {
        "no file of the image has that name".to_owned()
    } else {
        format!("a file of that name is at {}", elsewhere.join(", "))
    };
    Cause::new("entrypoint-not-found", cause, next).shown_by(seen).confirmed()
}

fn not_executable(facts: &Facts, place: &str, node: &Node) -> Cause {
    let (uid, _) = facts.ids();
    let cause = format!("{place} may not be executed by the user {uid}: its mode is {:o}", node.mode & 0o777);
    Cause::new("not-executable", cause, format!("`RUN chmod 755 {place}`, or `COPY --chmod=755`"))
        .shown_by(format!("{place} belongs to {}:{} and has mode {:o}", node.uid, node.gid, node.mode & 0o777))
        .confirmed()
}

fn script(facts: &Facts, place: &str, bytes: &[u8]) -> Option<Cause> {
    let line = bytes.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let text = String::from_utf8_lossy(&line[2..]).into_owned();
    if text.ends_with('\r') {
        return Some(crlf(place, text.trim()));
    }
    let mut words = text.split_whitespace();
    let interpreter = words.next()?;
    let behind_env = words.find(|word| !word.starts_with('-') && !word.contains('='));
    let wanted = if interpreter.ends_with("/env") { behind_env.unwrap_or(interpreter) } else { interpreter };
    let missing = [interpreter, wanted].into_iter().find(|word| facts.find(word).is_none())?;
    let name = missing.rsplit('/').next().unwrap_or(missing);
    let elsewhere = facts.named(name);
    let next = match elsewhere.first() {
        Some(path) => format!("name {} in the first line of {place}", shown(path)),
        None => format!("install `{name}`, or use an interpreter that is in the image"),
    };
    let cause = format!("{place} is a script for `{missing}`, which is not in the image");
    Some(Cause::new("interpreter-not-found", cause, next).shown_by(format!("its first line is `#!{text}`")).confirmed())
}

/// A script with Windows line ends.
pub(crate) fn crlf(place: &str, interpreter: &str) -> Cause {
    let cause = format!(
        "{place} has Windows line ends (CRLF), so its interpreter is `{interpreter}` and a carriage return, which is no file"
    );
    let next = format!(
        "`sed -i 's/\\r$//' {}`, and `*.sh text eol=lf` in .gitattributes",
        place.rsplit('/').next().unwrap_or(place)
    );
    Cause::new("crlf-script", cause, next).shown_by(format!("the first line of {place} ends with \\r\\n")).confirmed()
}

fn no_program(place: &str, bytes: &[u8]) -> Cause {
    let what = if bytes.is_empty() { "is empty" } else { "is neither a program nor a script with a first line `#!`" };
    Cause::new(
        "missing-shebang",
        format!("{place} {what}"),
        format!("begin {place} with `#!/bin/sh`, or name its interpreter in the command"),
    )
    .shown_by(if bytes.is_empty() {
        "it has 0 bytes".to_owned()
    } else {
        "its first bytes are neither an ELF header nor `#!`".to_owned()
    })
    .confirmed()
}

fn wrong_machine(place: &str, binary: &Binary) -> Option<Cause> {
    let host = Platform::host().architecture;
    let (_, wanted) = MACHINES.iter().find(|(name, _)| *name == host)?;
    if binary.machine == *wanted || (host == "amd64" && binary.machine == 3) {
        return None;
    }
    let other =
        MACHINES.iter().find(|(_, number)| *number == binary.machine).map_or("another processor", |(name, _)| name);
    let cause = format!("{place} is a program for {other}, and this machine is {host}");
    Some(
        Cause::new(
            "wrong-architecture",
            cause,
            format!("build for this machine: `docker build --platform linux/{host} …`"),
        )
        .shown_by(format!("its ELF header names machine {} ({other})", binary.machine))
        .confirmed(),
    )
}

fn missing_loader(facts: &Facts, place: &str, binary: &Binary) -> Option<Cause> {
    let loader = binary.loader.as_ref().filter(|loader| facts.tree.get(loader).is_none())?;
    let libc = if loader.contains("musl") { "musl" } else { "glibc" };
    let there = facts.tree.iter().find(|(path, _)| {
        path.file_name().is_some_and(|name| {
            let name = name.to_string_lossy();
            name.starts_with("ld-musl-") || name.starts_with("ld-linux")
        })
    });
    let has = match there {
        Some((path, _)) if path.to_string_lossy().contains("musl") => "the image has musl",
        Some(_) => "the image has glibc",
        None => "the image has no C library",
    };
    let cause = format!("{place} is built for {libc} and needs its loader {loader}, which is not in the image: {has}");
    let next = format!("build {place} on the base of the last stage, link it statically, or use a base with {libc}");
    Some(
        Cause::new("libc-mismatch", cause, next)
            .shown_by(format!("{place} names the loader {loader}"))
            .shown_by(has)
            .confirmed(),
    )
}

/// A library that a program needs and no folder has that a loader looks into; with the program that needs it.
pub(crate) fn missing_library(facts: &Facts) -> Option<(PathBuf, String)> {
    let (path, _) = facts.find(facts.words.first()?)?;
    let binary = read(facts.content(&path)?)?;
    let names: HashSet<String> = library_names(facts);
    binary.needed.into_iter().find(|name| !names.contains(name)).map(|name| (path, name))
}

/// The names of all files that look like libraries.
pub(crate) fn library_names(facts: &Facts) -> HashSet<String> {
    let is_library = |path: &Path| {
        LIBRARY_FOLDERS.iter().any(|folder| path.starts_with(folder)) || path.to_string_lossy().contains(".so")
    };
    facts
        .tree
        .iter()
        .filter(|(path, _)| is_library(path))
        .filter_map(|(path, _)| Some(path.file_name()?.to_string_lossy().into_owned()))
        .collect()
}

/// Reads an ELF header, the loader and the needed libraries; `None` for what is no ELF file.
pub(crate) fn read(bytes: &[u8]) -> Option<Binary> {
    match *bytes.get(4)? {
        elf::ELFCLASS64 => read_class::<elf::FileHeader64<Endianness>>(bytes),
        elf::ELFCLASS32 => read_class::<elf::FileHeader32<Endianness>>(bytes),
        _ => None,
    }
}

fn read_class<H: object::read::elf::FileHeader<Endian = Endianness>>(bytes: &[u8]) -> Option<Binary> {
    let header = H::parse(bytes).ok()?;
    let endian = header.endian().ok()?;
    let mut binary = Binary { machine: header.e_machine(endian), ..Binary::default() };
    let Ok(segments) = header.program_headers(endian, bytes) else { return Some(binary) };
    for segment in segments.iter().take(64) {
        if let Ok(Some(loader)) = segment.interpreter(endian, bytes) {
            binary.loader = Some(String::from_utf8_lossy(loader).into_owned());
        }
    }
    binary.needed = needed(header, endian, bytes).unwrap_or_default();
    Some(binary)
}

fn needed<H: object::read::elf::FileHeader<Endian = Endianness>>(
    header: &H,
    endian: Endianness,
    bytes: &[u8],
) -> Option<Vec<String>> {
    let sections = header.sections(endian, bytes).ok()?;
    let (entries, link) = sections.dynamic(endian, bytes).ok()??;
    let strings = sections.strings(endian, bytes, link).ok()?;
    let name = |entry: &H::Dyn| {
        let is_needed = entry.tag32(endian) == Some(elf::DT_NEEDED);
        is_needed.then(|| entry.string(endian, strings).ok().map(|name| String::from_utf8_lossy(name).into_owned()))?
    };
    Some(entries.iter().filter_map(name).collect())
}
