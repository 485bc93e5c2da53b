//! The arrows between the crates: what may use what. `ARCHITECTURE.md` draws them.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// Of each crate, the crates of ours that it may use outside tests.
const PERMITTED: &[(&str, &[&str])] = &[
    ("seaworthy-spec", &[]),
    ("seaworthy-image", &[]),
    ("seaworthy-database", &[]),
    ("seaworthy-report", &[]),
    ("seaworthy-registry", &["seaworthy-image"]),
    ("seaworthy-proof", &["seaworthy-image", "seaworthy-report"]),
    ("seaworthy-engine", &["seaworthy-image"]),
    ("seaworthy-build", &["seaworthy-engine", "seaworthy-image"]),
    (
        "seaworthy-verify",
        &[
            "seaworthy-build",
            "seaworthy-database",
            "seaworthy-engine",
            "seaworthy-image",
            "seaworthy-report",
            "seaworthy-spec",
        ],
    ),
    (
        "seaworthy",
        &[
            "seaworthy-build",
            "seaworthy-engine",
            "seaworthy-image",
            "seaworthy-proof",
            "seaworthy-registry",
            "seaworthy-report",
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
