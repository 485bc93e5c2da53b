//! Runs every command of `docs/tutorial.md`, in their order, and compares what is printed with what the page shows.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, ensure};
use seaworthy_testkit::registry::{DockerRegistry, Protection};
use seaworthy_testkit::workspace;

/// Commands, and the lines that the page shows of what they print.
struct Step {
    script: String,
    /// On the other machine: another home, another folder, nothing kept of the first one.
    is_second: bool,
    exit: i32,
    shown: Vec<String>,
}

#[test]
#[ignore = "compiles and ships a service; scripts/tutorial runs it"]
fn every_command_of_the_tutorial_does_what_the_page_says() -> anyhow::Result<()> {
    let text = std::fs::read_to_string(workspace().join("docs/tutorial.md"))?;
    let steps = steps(&text)?;
    ensure!(steps.len() >= 6, "only {} steps", steps.len());
    for command in ["build", "init", "explain", "ship", "verify", "proof"] {
        ensure!(
            steps.iter().any(|step| step.script.contains(&format!("seaworthy {command} "))
                || step.script.contains(&format!("seaworthy {command}\n"))),
            "no step calls `{command}`"
        );
    }
    let registry = DockerRegistry::start(Protection::Open, None)?;
    let machines = [tempfile::tempdir()?, tempfile::tempdir()?];
    // Each block is a script of its own: the folder is what stays.
    let mut folder = machines[0].path().to_owned();
    for step in &steps {
        let home = machines[usize::from(step.is_second)].path();
        let place = if step.is_second { home.to_owned() } else { folder.clone() };
        let (exit, printed, now) = run(&step.script, &place, home, &registry.host())?;
        println!("$ {}\n{printed}", step.script.trim_end());
        ensure!(exit == step.exit, "exit {exit}, not {}:\n{}\n{printed}", step.exit, step.script);
        // What a file holds that a step wrote may be shown too.
        let spec = std::fs::read_to_string(now.join("containerization-spec.md")).unwrap_or_default();
        let printed: Vec<String> =
            printed.lines().chain(spec.lines()).map(|line| general(line, &registry.host())).collect();
        for line in &step.shown {
            let line = general(line, &registry.host());
            ensure!(
                printed.contains(&line),
                "the page shows `{line}`, and nothing such is printed by\n{}\n{}",
                step.script,
                printed.join("\n")
            );
        }
        if !step.is_second {
            folder = now;
        }
    }
    Ok(())
}

/// Blocks of ```` ```sh ````, with those of ```` ```text ```` behind each.
fn steps(text: &str) -> anyhow::Result<Vec<Step>> {
    let mut steps: Vec<Step> = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let Some(kind) = line.strip_prefix("```") else { continue };
        let block: Vec<String> = lines.by_ref().take_while(|line| *line != "```").map(str::to_owned).collect();
        let words: Vec<&str> = kind.split_whitespace().collect();
        match words.first() {
            Some(&"sh") => steps.push(Step {
                script: block.join("\n") + "\n",
                is_second: words.contains(&"second"),
                exit: words
                    .iter()
                    .position(|word| *word == "exit")
                    .and_then(|at| words.get(at + 1)?.parse().ok())
                    .unwrap_or(0),
                shown: Vec::new(),
            }),
            Some(&"text") => steps
                .last_mut()
                .context("output before a command")?
                .shown
                .extend(block.into_iter().filter(|line| !line.is_empty())),
            other => anyhow::bail!("a block is `sh` or `text`, not {other:?}"),
        }
    }
    Ok(steps)
}

/// The exit code, both streams, and the folder in which the script ended.
fn run(script: &str, folder: &Path, home: &Path, registry: &str) -> anyhow::Result<(i32, String, PathBuf)> {
    let program = Path::new(env!("CARGO_BIN_EXE_seaworthy")).parent().context("a program lies in a folder")?;
    let path = format!("{}:{}", program.display(), std::env::var("PATH")?);
    let ends = home.join("ended-in");
    let repository = workspace().display().to_string();
    let script = script.replace("REPOSITORY", &repository).replace("localhost:5000", registry);
    let script = format!("set -e\ntrap 'pwd > \"{}\"' EXIT\n{script}", ends.display());
    let cargo = std::env::var("CARGO_HOME").or_else(|_| std::env::var("HOME").map(|home| format!("{home}/.cargo")))?;
    let rustup =
        std::env::var("RUSTUP_HOME").or_else(|_| std::env::var("HOME").map(|home| format!("{home}/.rustup")))?;
    let output = Command::new("bash")
        .args(["-c", &script])
        .current_dir(folder)
        .env("PATH", path)
        .env("HOME", home)
        .env("XDG_CACHE_HOME", home.join("cache"))
        .env("CARGO_HOME", cargo)
        .env("RUSTUP_HOME", rustup)
        .envs(["AUTHOR", "COMMITTER"].map(|who| (format!("GIT_{who}_NAME"), "Test")))
        .envs(["AUTHOR", "COMMITTER"].map(|who| (format!("GIT_{who}_EMAIL"), "test@example.com")))
        .env_remove("CARGO_TARGET_DIR")
        // What a machine has is not the page's matter.
        .env("DOCKER_HOST", "unix:///nowhere")
        .output()?;
    let printed = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let ended = std::fs::read_to_string(&ends)?;
    Ok((output.status.code().unwrap_or(-1), printed, PathBuf::from(ended.trim())))
}

/// A line without what differs from run to run: words with figures, and units of time, which change with them.
fn general(line: &str, registry: &str) -> String {
    let line = line.replace(registry, "localhost:5000");
    let word = |word: &str| match word {
        "ms" | "s" => "#t".to_owned(),
        _ if word.contains("localhost") => word.split('@').next().unwrap_or(word).to_owned(),
        _ if word.contains(|c: char| c.is_ascii_digit()) => "#".to_owned(),
        _ => word.to_owned(),
    };
    line.split(' ').map(word).collect::<Vec<_>>().join(" ").trim_end().to_owned()
}
