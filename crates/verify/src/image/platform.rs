//! `image.platform`: Binaries match the image's platform.

use std::collections::BTreeMap;

use super::Facts;
use super::elf::Machine;
use super::facts::absolute;
use super::program::{self, Program, is_executable};
use crate::Finding;

/// Compares every executable and shared object of the final tree with the config's architecture.
///
/// An ELF file that is neither executable nor named as a shared object is data (a compiler's test files, say): a
/// warning.
pub fn platform(facts: &Facts) -> Finding {
    let value = facts.config.value();
    let (os, architecture) =
        (value["os"].as_str().unwrap_or_default(), value["architecture"].as_str().unwrap_or_default());
    if os != "linux" {
        return Finding::unproven(format!("the config's operating system is `{os}`; only Linux programs can be read"));
    }
    let Some(wanted) = Machine::of(architecture) else {
        return Finding::unproven(format!("the config's architecture is `{architecture}`, which is unknown here"));
    };
    let mut read = 0;
    let mut others: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut data = Vec::new();
    for (path, node) in facts.tree.iter() {
        let Some(Program::Elf { header, .. }) = facts.program(path) else { continue };
        let is_library = path.file_name().is_some_and(|name| name.to_string_lossy().contains(".so"));
        let matches = header.machine == wanted;
        if is_executable(node) || is_library {
            read += 1;
            if !matches {
                others.entry(header.machine.name()).or_default().push(format!("`{}`", absolute(path)));
            }
        } else if !matches {
            data.push(format!("`{}`", absolute(path)));
        }
    }
    let finding = if !others.is_empty() {
        let count: usize = others.values().map(Vec::len).sum();
        let seen: Vec<String> =
            others.iter().map(|(name, paths)| format!("{} for {name}", super::first(paths, 3))).collect();
        Finding::fail(format!("{count} of {read} binaries are not for {architecture}: {}", seen.join("; ")))
    } else if read == 0 {
        Finding::unproven(format!("no ELF binary in the image to compare with {os}/{architecture}"))
    } else {
        let binaries = if read == 1 { "1 ELF binary is".to_owned() } else { format!("{read} ELF binaries are") };
        Finding::pass(format!("{binaries} for {os}/{architecture}"))
    };
    warnings(facts, finding, &data)
}

fn warnings(facts: &Facts, mut finding: Finding, data: &[String]) -> Finding {
    if let Some(missing) = program::start(facts).missing {
        finding = finding.warn(missing);
    }
    if !data.is_empty() {
        finding = finding.warn(format!("not executable, and for another platform: {}", super::first(data, 3)));
    }
    match facts.config.value()["variant"].as_str() {
        // What every processor of the architecture has.
        None | Some("" | "v8" | "v1") => finding,
        Some(variant) => finding.warn(format!("that they run on variant `{variant}` cannot be read from them")),
    }
}

#[cfg(test)]
mod tests {
    use seaworthy_report::Verdict::{self, Fail, Pass, Unproven};

    use super::*;
    use crate::image::tests::{Sample, elf};

    #[track_caller]
    fn check(sample: Sample, verdict: Verdict, evidence: &str, warnings: &str) {
        let found = platform(&sample.facts());
        assert_eq!(found.verdict, verdict, "{found:?}");
        assert_eq!(found.evidence, evidence);
        assert_eq!(found.warnings.join("; "), warnings);
    }

    #[test]
    fn every_binary_is_compared() {
        let app =
            || Sample::new().config("Entrypoint", serde_json::json!(["/app"])).file("app", 0o755, &elf("amd64", None));
        let wrong = elf("arm64", None);
        check(app(), Pass, "1 ELF binary is for linux/amd64", "");
        check(
            app().file("usr/lib/libx.so.1", 0o644, &elf("amd64", None)),
            Pass,
            "2 ELF binaries are for linux/amd64",
            "",
        );
        check(
            app().file("usr/lib/libx.so.1", 0o644, &wrong).file("usr/bin/x", 0o755, &elf("s390x", None)),
            Fail,
            "2 of 3 binaries are not for amd64: `/usr/lib/libx.so.1` for arm64; `/usr/bin/x` for s390x",
            "",
        );
        check(
            app().file("usr/bin/i", 0o755, &elf("386", None)),
            Fail,
            "1 of 2 binaries are not for amd64: `/usr/bin/i` for 386",
            "",
        );
        check(
            app().file("testdata/x", 0o644, &wrong),
            Pass,
            "1 ELF binary is for linux/amd64",
            "not executable, and for another platform: `/testdata/x`",
        );
        check(
            app().file("old", 0o755, &wrong).layer().file(".wh.old", 0o644, b""),
            Pass,
            "1 ELF binary is for linux/amd64",
            "",
        );
        check(
            app().layer().hardlink("again", "app").layer().file("app", 0o755, &wrong),
            Fail,
            "1 of 2 binaries are not for amd64: `/app` for arm64",
            "",
        );
    }

    #[test]
    fn without_a_binary_nothing_is_proven() {
        let script = || Sample::new().config("Cmd", serde_json::json!(["/app"])).file("app", 0o755, b"#!/bin/sh\n");
        check(
            script(),
            Unproven,
            "no ELF binary in the image to compare with linux/amd64",
            "`/bin/sh`, which the command starts, is not in the image",
        );
        check(
            Sample::new().platform("pdp11"),
            Unproven,
            "the config's architecture is `pdp11`, which is unknown here",
            "",
        );
    }
}
