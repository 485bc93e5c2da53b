//! `seaworthy review` and hadolint on the same Dockerfiles: rule by rule, and the time that each takes.
//!
//! `scripts/review-hadolint` installs hadolint and runs this.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use seaworthy_review::dockerfile::HADOLINT;
use seaworthy_testkit::workspace;
use serde_json::Value;

/// A line, and what is found there.
type Places = BTreeSet<(u64, String)>;

/// Each program sees each file this often; the quickest time counts.
const ROUNDS: usize = 5;

/// What both say of one file.
struct Both {
    name: String,
    theirs: Places,
    ours: Places,
    /// Whether hadolint can read it.
    is_readable: bool,
}

fn dockerfiles() -> anyhow::Result<Vec<(String, PathBuf)>> {
    let folder = workspace().join("crates/review/tests/dockerfiles");
    let mut found = Vec::new();
    for kind in ["faulty", "good"] {
        for entry in fs::read_dir(folder.join(kind))? {
            let path = entry?.path();
            let path = if path.is_dir() { path.join("Dockerfile") } else { path };
            if path.extension().is_none_or(|extension| extension == "Dockerfile") {
                let name = path.strip_prefix(&folder)?.display().to_string();
                found.push((name, path));
            }
        }
    }
    found.sort();
    Ok(found)
}

fn call(program: &Path, arguments: &[&str], file: &Path) -> anyhow::Result<(Value, Duration)> {
    let mut best = Duration::MAX;
    let mut value = Value::Null;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let output = Command::new(program).args(arguments).arg(file).output().context("cannot start")?;
        best = best.min(start.elapsed());
        value = serde_json::from_slice(&output.stdout).with_context(|| format!("{}: {output:?}", file.display()))?;
    }
    Ok((value, best))
}

fn places(list: &Value, rule: &str) -> Places {
    let place = |found: &Value| Some((found["line"].as_u64()?, found[rule].as_str()?.to_owned()));
    list.as_array().into_iter().flatten().filter_map(place).collect()
}

/// `FILE LINE RULE`, which may differ.
fn differences() -> anyhow::Result<BTreeSet<String>> {
    let text = fs::read_to_string(workspace().join("crates/review/tests/dockerfiles/differences.txt"))?;
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| Ok(line.split_once(": ").context("a reason")?.0.to_owned())).collect()
}

#[test]
#[ignore = "needs hadolint: scripts/review-hadolint"]
fn what_both_know_both_find() -> anyhow::Result<()> {
    let hadolint = PathBuf::from(std::env::var("HADOLINT").context("HADOLINT is the program's path")?);
    let ours = Path::new(env!("CARGO_BIN_EXE_seaworthy"));
    let (mut all, mut times) = (Vec::new(), (Duration::ZERO, Duration::ZERO));
    for (name, path) in dockerfiles()? {
        let (theirs, their_time) = call(&hadolint, &["--no-fail", "-f", "json"], &path)?;
        let (found, our_time) = call(ours, &["review", "--format", "json"], &path)?;
        times = (times.0 + their_time, times.1 + our_time);
        let theirs = places(&theirs, "code");
        let is_readable = !theirs.iter().any(|(_, code)| code == "DL1000");
        all.push(Both { name, theirs, ours: places(&found["findings"], "rule"), is_readable });
    }

    let mut unused = differences()?;
    let (table, faults) = compared(&all, &mut unused);
    let (theirs, ours) = times;
    println!("{table}");
    println!("{} files; hadolint {} ms, seaworthy {} ms", all.len(), theirs.as_millis(), ours.as_millis());
    ensure!(faults.is_empty(), "{}", faults.join("\n"));
    ensure!(unused.is_empty(), "differences that are none: {unused:?}");
    ensure!(ours < theirs, "hadolint is quicker");
    Ok(())
}

/// What one finds and the other does not, without the differences that are known; a table has a row for each rule.
fn compared(all: &[Both], known: &mut BTreeSet<String>) -> (String, Vec<String>) {
    let mut rows: BTreeMap<&str, [usize; 4]> = BTreeMap::new();
    let mut faults = Vec::new();
    for both in all.iter().filter(|both| both.is_readable) {
        for (line, code) in &both.theirs {
            let rules: Vec<&str> = HADOLINT.iter().filter(|(known, _)| known == code).map(|(_, rule)| *rule).collect();
            // Codes that have no rule here are listed on the rules' page.
            let Some(rule) = rules.first() else { continue };
            let row = rows.entry(rule).or_default();
            if rules.iter().any(|rule| both.ours.contains(&(*line, (*rule).to_owned()))) {
                row[0] += 1;
            } else if known.remove(&format!("{} {line} {code}", both.name)) {
                row[3] += 1;
            } else {
                row[1] += 1;
                faults.push(format!("missed: {}:{line}: {code}", both.name));
            }
        }
        for (line, rule) in &both.ours {
            let codes: Vec<&str> = HADOLINT.iter().filter(|(_, known)| known == rule).map(|(code, _)| *code).collect();
            let Some((_, rule)) = HADOLINT.iter().find(|(_, known)| known == rule) else { continue };
            let is_theirs = codes.iter().any(|code| both.theirs.contains(&(*line, (*code).to_owned())));
            if is_theirs {
                continue;
            }
            let row = rows.entry(rule).or_default();
            if known.remove(&format!("{} {line} {rule}", both.name)) {
                row[3] += 1;
            } else {
                row[2] += 1;
                faults.push(format!("only ours: {}:{line}: {rule}", both.name));
            }
        }
    }
    let mut table = format!("{:<26}{:>6}{:>8}{:>11}{:>7}\n", "rule", "both", "missed", "only ours", "known");
    for (rule, [found, missed, extra, differ]) in rows {
        let _ = writeln!(table, "{rule:<26}{found:>6}{missed:>8}{extra:>11}{differ:>7}");
    }
    let unread = all.iter().filter(|both| !both.is_readable).count();
    let _ = write!(table, "not compared, for hadolint cannot read them: {unread}");
    (table, faults)
}
