//! The arrows between the crates, and what a crate must never do: `ARCHITECTURE.md` draws them and names its invariants.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use seaworthy_testkit::workspace;

/// Of each crate, the crates of ours that it may use outside tests.
const PERMITTED: &[(&str, &[&str])] = &[
    ("seaworthy-spec", &[]),
    ("seaworthy-image", &[]),
    ("seaworthy-database", &[]),
    ("seaworthy-report", &[]),
    ("seaworthy-init", &[]),
    (
        "seaworthy-doctor",
        &["seaworthy-database", "seaworthy-engine", "seaworthy-image", "seaworthy-report", "seaworthy-verify"],
    ),
    ("seaworthy-review", &["seaworthy-init", "seaworthy-spec"]),
    ("seaworthy-registry", &["seaworthy-image"]),
    ("seaworthy-proof", &["seaworthy-image", "seaworthy-report", "seaworthy-spec"]),
    ("seaworthy-engine", &["seaworthy-image"]),
    ("seaworthy-build", &["seaworthy-engine", "seaworthy-image"]),
    ("seaworthy-dependency", &["seaworthy-engine", "seaworthy-image", "seaworthy-registry", "seaworthy-spec"]),
    (
        "seaworthy-verify",
        &[
            "seaworthy-build",
            "seaworthy-database",
            "seaworthy-dependency",
            "seaworthy-engine",
            "seaworthy-image",
            "seaworthy-report",
            "seaworthy-spec",
        ],
    ),
    (
        "seaworthy-publish",
        &[
            "seaworthy-build",
            "seaworthy-engine",
            "seaworthy-image",
            "seaworthy-proof",
            "seaworthy-registry",
            "seaworthy-report",
            "seaworthy-verify",
        ],
    ),
    (
        "seaworthy",
        &[
            "seaworthy-build",
            "seaworthy-dependency",
            "seaworthy-doctor",
            "seaworthy-engine",
            "seaworthy-image",
            "seaworthy-init",
            "seaworthy-proof",
            "seaworthy-publish",
            "seaworthy-registry",
            "seaworthy-report",
            "seaworthy-review",
            "seaworthy-spec",
            "seaworthy-verify",
        ],
    ),
    ("seaworthy-testkit", &["seaworthy-image"]),
    ("seaworthy-bench", &["seaworthy-build", "seaworthy-engine", "seaworthy-image", "seaworthy-registry"]),
    ("task-api", &[]),
];

#[test]
fn crates_use_only_what_the_architecture_permits() -> anyhow::Result<()> {
    let metadata = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--no-deps", "--offline"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()?;
    anyhow::ensure!(metadata.status.success(), "{}", String::from_utf8_lossy(&metadata.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&metadata.stdout)?;
    let packages: Vec<&serde_json::Value> = metadata["packages"].as_array().into_iter().flatten().collect();
    let ours: BTreeSet<&str> = packages.iter().filter_map(|package| package["name"].as_str()).collect();
    let permitted: BTreeMap<&str, BTreeSet<&str>> =
        PERMITTED.iter().map(|(name, uses)| (*name, uses.iter().copied().collect())).collect();

    let mut faults = Vec::new();
    for package in &packages {
        let name = package["name"].as_str().unwrap_or_default();
        let Some(permitted) = permitted.get(name) else {
            faults.push(format!("{name} is not in the table"));
            continue;
        };
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let used = dependency["name"].as_str().unwrap_or_default();
            let for_tests = dependency["kind"] == "dev";
            if ours.contains(used) && !for_tests && !permitted.contains(used) {
                faults.push(format!("{name} uses {used}"));
            }
            if used == "seaworthy-testkit" && !for_tests {
                faults.push(format!("{name} uses the testkit outside tests"));
            }
        }
    }
    assert_eq!(faults, Vec::<String>::new());
    Ok(())
}

/// Of each crate, what its code outside tests never names.
const NEVER: &[(&str, &[&str])] = &[
    // It opens no file, and knows nothing of the machine.
    ("spec", &["std::fs", "std::net", "std::process", "std::env", "std::io", "::now()"]),
    // No network.
    ("image", &["TcpStream", "UdpSocket", "std::process"]),
    // No network, and no clock.
    ("proof", &["std::net", "::now()"]),
    // Pure functions.
    ("report", &["std::fs", "std::net", "std::env", "::now()"]),
    // It runs nothing, and writes nothing.
    ("init", &["std::process", "std::net", "std::env", "fs::write", "::now()"]),
    ("review", &["std::process", "std::net", "std::env", "fs::write", "::now()"]),
    // Which engine it has is not its business, and the specification was read before.
    ("verify", &["Embedded", "Docker::", "\"embedded", "spec.source"]),
    // A container that is given is not touched: of a daemon it knows what was inspected. Only what it made itself is signalled.
    ("doctor", &["std::process", "std::env", "bollard", "Docker::"]),
    // Only `Output` writes to the streams.
    ("cli", &["io::stdout", "io::stderr", "println!", "print!("]),
];

/// The files that may nevertheless: one gives the specification's digest, the other is `Output`.
const BUT: &[(&str, &str)] = &[
    ("verify/src/verify.rs", "spec.source"),
    ("cli/src/output.rs", "io::stdout"),
    ("cli/src/output.rs", "io::stderr"),
];

#[test]
fn crates_never_do_what_the_architecture_excludes() -> anyhow::Result<()> {
    let mut faults = Vec::new();
    for (name, never) in NEVER {
        let folder = workspace().join("crates").join(name).join("src");
        let files = sources(&folder)?;
        anyhow::ensure!(files.len() > 2, "no sources in {}", folder.display());
        for (path, code) in &files {
            let may = |word: &str| BUT.iter().any(|(file, known)| path.ends_with(file) && *known == word);
            let named = never.iter().filter(|word| code.contains(**word) && !may(word));
            faults.extend(named.map(|word| format!("{path} names {word}")));
        }
    }
    assert_eq!(faults, Vec::<String>::new());
    Ok(())
}

/// Every source file's code: without comments, and without the tests at its end.
fn sources(folder: &Path) -> anyhow::Result<Vec<(String, String)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(sources(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("tests.rs") {
            let text = fs::read_to_string(&path)?;
            let code = text.split("#[cfg(test)]").next().unwrap_or_default().lines();
            let code: Vec<&str> = code.filter(|line| !line.trim_start().starts_with("//")).collect();
            found.push((path.display().to_string(), code.join("\n")));
        }
    }
    Ok(found)
}
