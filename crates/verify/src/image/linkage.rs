//! `image.static`: Binaries are statically linked.

use std::path::Path;

use seaworthy_report::Verdict;
use seaworthy_spec::Binaries;

use super::elf::{Elf, Linkage};
use super::facts::{absolute, text};
use super::program::{self, Program, is_executable};
use super::{Facts, command, first};
use crate::Finding;

/// The program that the command starts asks for no dynamic loader, and no other executable does but for those that a package brought.
pub fn linkage(facts: &Facts, binaries: Binaries) -> Finding {
    let finding = started(facts);
    let others = others(facts);
    if others.dynamic.is_empty() && others.unknown.is_empty() {
        return finding;
    }
    let dynamic = || format!("dynamically linked: {}", first(&others.dynamic, 3));
    match binaries {
        Binaries::Own if others.dynamic.is_empty() => finding,
        Binaries::Own => {
            finding.and(Finding::unproven(format!("{}; whether these are the service's is not seen", dynamic())))
        }
        Binaries::All if others.dynamic.is_empty() => finding
            .and(Finding::unproven(format!("whether it is a program is not seen: {}", first(&others.unknown, 3)))),
        Binaries::All if facts.packages.managers().iter().any(|(manager, _)| !manager.is_read()) => {
            finding.and(Finding::unproven(format!("{}; which of them a package brought is not known", dynamic())))
        }
        Binaries::All => finding.and(Finding::fail(dynamic())),
    }
}

/// What the image's command starts.
fn started(facts: &Facts) -> Finding {
    let start = program::start(facts);
    let (mut linked, mut launchers) = (Vec::new(), Vec::new());
    for (path, node) in &start.files {
        let place = format!("`{}`", absolute(path));
        match facts.program(path) {
            Some(Program::Script(words)) => {
                return Finding::unproven(format!(
                    "it starts the script {place} by `{}`: which binary that starts is not seen",
                    words.join(" ")
                ));
            }
            Some(Program::Elf { .. }) if program::is_loader(path) => {}
            Some(Program::Elf { header, .. }) if command::only_starts(&text(path)) => {
                launchers.push((place, header.linkage));
            }
            Some(Program::Elf { header, .. }) => linked.push((place, header.clone())),
            None => return Finding::unproven(format!("{place} ({} bytes) is no ELF program", node.size_bytes)),
        }
    }
    let finding = judged(&linked);
    // One that names a loader is dynamic, whether the loader is there or not.
    if let Some(missing) = start.missing
        && finding.verdict != Verdict::Fail
    {
        return Finding::unproven(missing);
    }
    let is_dynamic = |(_, linkage): &&(String, Linkage)| *linkage == Linkage::Dynamic;
    launchers.iter().filter(is_dynamic).fold(finding, |finding, (place, _)| {
        finding.warn(format!("{place}, by which it is started, is dynamically linked"))
    })
}

fn judged(linked: &[(String, Elf)]) -> Finding {
    let of = |wanted: Linkage| linked.iter().filter(move |(_, header)| header.linkage == wanted);
    if let Some((place, header)) = of(Linkage::Dynamic).next() {
        let loader = header.interpreter.as_ref().map_or("a loader".to_owned(), |loader| format!("`{loader}`"));
        return Finding::fail(format!("{place} is dynamically linked: it asks for {loader}"));
    }
    if let Some((place, _)) = of(Linkage::Unknown).next() {
        return Finding::unproven(format!("the program headers of {place} cannot be read"));
    }
    let places: Vec<String> = of(Linkage::Static).map(|(place, _)| place.clone()).collect();
    match places.as_slice() {
        [] => Finding::unproven("the command starts no binary of its own"),
        [one] => Finding::pass(format!("{one} asks for no dynamic loader")),
        many => Finding::pass(format!("{} ask for no dynamic loader", first(many, 3))),
    }
}

/// Executables beside what the command starts that no package database lists.
#[derive(Default)]
struct Others {
    dynamic: Vec<String>,
    unknown: Vec<String>,
}

fn others(facts: &Facts) -> Others {
    let started = program::start(facts).files;
    let mut others = Others::default();
    for (path, node) in facts.tree.iter() {
        let Some(Program::Elf { header, .. }) = facts.program(path) else { continue };
        let is_known = started.iter().any(|(known, _)| known == path) || facts.packages.knows(&text(path));
        if !is_executable(node) || is_known || program::is_loader(path) || is_plain_library(path, header) {
            continue;
        }
        match header.linkage {
            Linkage::Static => {}
            // Some libraries can be started, too: libc tells its version then.
            Linkage::Dynamic if program::is_library(path) => others.unknown.push(format!("`{}`", absolute(path))),
            Linkage::Dynamic => others.dynamic.push(format!("`{}`", absolute(path))),
            Linkage::Unknown => others.unknown.push(format!("`{}`", absolute(path))),
        }
    }
    others
}

/// What asks for no loader and is called a library: it is loaded, and never started.
fn is_plain_library(path: &Path, header: &Elf) -> bool {
    program::is_library(path) && header.interpreter.is_none()
}

#[cfg(test)]
mod tests {
    use seaworthy_report::Verdict::{Fail, Pass, Unproven};
    use serde_json::json;

    use super::*;
    use crate::image::tests::{Sample, elf};

    const LOADER: Option<&str> = Some("/lib64/ld-linux-x86-64.so.2");

    fn starting(words: &[&str]) -> Sample {
        Sample::new().config("Entrypoint", json!(words)).file("app", 0o755, &elf("amd64", None))
    }

    #[track_caller]
    fn check(sample: Sample, binaries: Binaries, verdict: Verdict, evidence: &str) {
        let found = linkage(&sample.facts(), binaries);
        assert_eq!(found.verdict, verdict, "{found:?}");
        assert!(found.evidence.contains(evidence), "{found:?}");
    }

    #[test]
    fn what_the_command_starts_asks_for_no_loader() {
        use Binaries::{All, Own};
        let dynamic = elf("amd64", LOADER);
        check(starting(&["/app"]), Own, Pass, "`/app` asks for no dynamic loader");
        check(starting(&["/app"]), All, Pass, "`/app` asks for no dynamic loader");
        check(
            starting(&["/own"]).file("own", 0o755, &dynamic).file(
                "lib64/ld-linux-x86-64.so.2",
                0o755,
                &elf("amd64", None),
            ),
            Own,
            Fail,
            "`/own` is dynamically linked: it asks for `/lib64/ld-linux-x86-64.so.2`",
        );
        check(starting(&["/own"]).file("own", 0o755, &dynamic), Own, Fail, "`/own` is dynamically linked");
        check(starting(&["/gone"]), Own, Unproven, "is not in the image");
        check(starting(&["/run.sh"]).file("run.sh", 0o755, b"#!/app\n"), Own, Unproven, "the script `/run.sh`");
        check(starting(&["/text"]).file("text", 0o755, b"x"), Own, Unproven, "is no ELF program");
        check(Sample::new(), Own, Unproven, "neither entrypoint nor command is set");
        // A launcher is not the service.
        let loader = || Sample::new().file("lib64/ld-linux-x86-64.so.2", 0o755, &elf("amd64", None));
        let tini = loader().config("Entrypoint", json!(["/tini", "--", "/app"])).file("tini", 0o755, &dynamic).file(
            "app",
            0o755,
            &elf("amd64", None),
        );
        check(tini, Own, Pass, "`/app` asks for no dynamic loader");
    }

    #[test]
    fn every_other_binary_counts_where_all_are_promised() {
        use Binaries::{All, Own};
        let dynamic = elf("amd64", LOADER);
        let second = || starting(&["/app"]).file("worker", 0o755, &dynamic);
        check(second(), All, Fail, "dynamically linked: `/worker`");
        check(second(), Own, Unproven, "`/worker`; whether these are the service's is not seen");
        // What a package brought is the distribution's.
        let listed = second()
            .file("var/lib/dpkg/status", 0o644, b"Package: worker\nStatus: install ok installed\n\n")
            .file("var/lib/dpkg/info/worker.md5sums", 0o644, b"00000000000000000000000000000000  worker\n");
        check(listed, All, Pass, "`/app` asks for no dynamic loader");
        let rpm = second().file("var/lib/rpm/rpmdb.sqlite", 0o644, b"x");
        check(rpm, All, Unproven, "which of them a package brought is not known");
        let mut cut = elf("amd64", None);
        cut[56..58].fill(0);
        check(
            starting(&["/app"]).file("odd", 0o755, &cut),
            All,
            Unproven,
            "whether it is a program is not seen: `/odd`",
        );
        check(starting(&["/app"]).file("lib/libx.so.1", 0o755, &elf("amd64", None)), All, Pass, "");
        check(starting(&["/app"]).file("worker.so", 0o755, &dynamic), All, Unproven, "not seen: `/worker.so`");
        check(starting(&["/app"]).file("my.solver", 0o755, &dynamic), All, Fail, "dynamically linked: `/my.solver`");
    }
}
