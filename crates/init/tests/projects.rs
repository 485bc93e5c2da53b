//! Small projects as people have them: each yields a specification of which every line is understood, and a Dockerfile that is sound.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use seaworthy_init::{
    CacheMounts, Project, SurveyError, dockerfile, dockerignore, found, questions, specification, survey,
};
use seaworthy_spec::{Promise, Spec};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/projects").join(name)
}

/// Every project beside this file in which something is recognised, with its name.
fn projects() -> anyhow::Result<Vec<(String, Project)>> {
    let mut names: Vec<String> = Vec::new();
    for entry in std::fs::read_dir(folder(""))? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.retain(|name| !matches!(name.as_str(), "nothing" | "monorepo"));
    names.extend(["monorepo/services/api", "monorepo/services/jobs"].map(str::to_owned));
    names.sort();
    names.into_iter().map(|name| Ok((name.clone(), survey(&folder(&name))?))).collect()
}

fn shown(project: &Project) -> String {
    let mut text = format!("{}: {}\n", project.name, project.kind());
    for (label, what) in found(project) {
        let _ = writeln!(text, "{label:>11}  {what}");
    }
    for question in questions(project) {
        let _ = writeln!(text, "          ?  {question}");
    }
    text
}

/// The checks that a text promises, with their parameters; what is not understood as such.
fn checks(text: &str) -> anyhow::Result<Vec<String>> {
    let mut all = Vec::new();
    for criterion in Spec::parse(text)?.criteria {
        match &criterion.promise {
            Promise::Understood(checks) => {
                let one = |check: &seaworthy_spec::Check| {
                    format!("{} {}", check.name(), serde_json::Value::from(check.parameters()))
                };
                all.extend(checks.iter().map(one));
            }
            Promise::NotUnderstood { rest, .. } => all.push(format!("NOT UNDERSTOOD: {} ({rest:?})", criterion.text)),
        }
    }
    Ok(all)
}

#[test]
fn there_are_projects_of_every_language_and_of_many_layouts() -> anyhow::Result<()> {
    let all = projects()?;
    assert!(all.len() >= 24, "{}", all.len());
    let kinds: std::collections::BTreeSet<String> = all.iter().map(|(_, project)| project.kind()).collect();
    assert!(kinds.len() >= 18, "{kinds:?}");
    Ok(())
}

#[test]
fn each_project_is_told_as_it_is() -> anyhow::Result<()> {
    let all: Vec<String> = projects()?.iter().map(|(name, project)| format!("== {name}\n{}", shown(project))).collect();
    insta::assert_snapshot!("found", all.join("\n"));
    Ok(())
}

#[test]
fn every_promise_of_every_specification_is_understood() -> anyhow::Result<()> {
    for (name, project) in projects()? {
        let text = specification(&project);
        let spec = Spec::parse(&text).map_err(|error| anyhow::anyhow!("{name}: {error:?}\n{text}"))?;
        let open: Vec<&str> = spec
            .criteria
            .iter()
            .filter(|criterion| criterion.checks().is_empty())
            .map(|criterion| criterion.text.as_str())
            .collect();
        assert!(open.is_empty(), "{name}: {open:?}\n{text}");
        assert!(spec.strays.is_empty(), "{name}: {:?}", spec.strays);
        assert!(spec.criteria.len() >= 9, "{name} promises too little:\n{text}");
        assert_eq!(spec.prose.len(), 2, "{name}: Non-Goals and Dependencies");
    }
    Ok(())
}

/// Each project with a server, and what a run starts for the specification that is written for it.
#[test]
fn a_run_starts_the_servers_whose_variables_were_found() -> anyhow::Result<()> {
    let mut all = String::new();
    for (name, project) in projects()? {
        let spec = Spec::parse(&specification(&project))?;
        let needs: Vec<String> = spec.needs().map(|one| format!("{} at {}", one.image, one.variable)).collect();
        if !project.dependencies.is_empty() {
            let _ = writeln!(all, "{name}: {}", if needs.is_empty() { "nothing".to_owned() } else { needs.join(", ") });
        }
    }
    insta::assert_snapshot!(all, @r"
    celery-worker: redis:7-alpine at CELERY_BROKER_URL
    django-pip: postgres:17-alpine at DATABASE_URL
    dockerfile-compose: nothing
    dotnet-api: postgres:17-alpine at DATABASE_URL
    express-npm: postgres:17-alpine at DATABASE_URL
    fastapi-requirements: postgres:17-alpine at DATABASE_URL
    fastapi-uv: postgres:17-alpine at DATABASE_URL, redis:7-alpine at REDIS_URL
    fastify-pnpm: redis:7-alpine at REDIS_URL
    go-cmd: postgres:17-alpine at DATABASE_URL
    laravel: postgres:17-alpine at DATABASE_URL
    monorepo/services/jobs: nothing
    rails: postgres:17-alpine at DATABASE_URL
    rust-axum: postgres:17-alpine at DATABASE_URL
    spring-gradle: redis:7-alpine at REDIS_URL
    spring-maven: postgres:17-alpine at DATABASE_URL
    ");
    Ok(())
}

#[test]
fn specifications_as_they_are_written() -> anyhow::Result<()> {
    for name in [
        "fastapi-requirements",
        "express-npm",
        "celery-worker",
        "vite-site",
        "dockerfile-compose",
        "rust-axum",
        "spring-maven",
        "static-site",
    ] {
        insta::assert_snapshot!(format!("spec-{name}"), specification(&survey(&folder(name))?));
    }
    Ok(())
}

#[test]
fn dockerfiles_as_they_are_written() -> anyhow::Result<()> {
    let mut all = String::new();
    for (name, project) in projects()? {
        if let Some(text) = dockerfile(&project, CacheMounts::No) {
            let _ = writeln!(all, "== {name}\n{text}");
        }
    }
    insta::assert_snapshot!("dockerfiles", all);
    Ok(())
}

#[test]
fn every_dockerfile_keeps_the_rules() -> anyhow::Result<()> {
    for (name, project) in projects()? {
        let Some(text) = dockerfile(&project, CacheMounts::No) else {
            assert!(project.language.is_none(), "{name}");
            continue;
        };
        let lines: Vec<&str> = text.lines().collect();
        let of = |word: &str| lines.iter().filter(|line| line.starts_with(word)).copied().collect::<Vec<_>>();
        for from in of("FROM ") {
            assert!((from.contains(':') && !from.contains(":latest")) || from == "FROM scratch", "{name}: {from}");
        }
        let user = of("USER ").last().map_or("", |line| line.trim_start_matches("USER "));
        assert!(user.split(':').all(|part| part.parse::<u32>().is_ok_and(|id| id > 0)), "{name}: {user}");
        assert!(of("CMD ").iter().all(|line| line.starts_with("CMD [\"")), "{name}: exec form");
        assert!(
            !text.contains("curl") && !text.contains("--mount") && !text.contains("<<") && !text.contains("--chmod"),
            "{name}"
        );
        assert!(
            of("CMD ").iter().filter(|line| line.contains("\"sh\", \"-c\"")).all(|line| line.contains("exec ")),
            "{name}"
        );
        let again = dockerfile(&project, CacheMounts::BuildKit).unwrap_or_default();
        if text.contains(" install ") {
            assert!(again.contains("--mount=type=cache"), "{name}");
        }
    }
    Ok(())
}

#[test]
fn no_secret_and_no_own_output_goes_into_a_build() -> anyhow::Result<()> {
    for (name, project) in projects()? {
        let text = dockerignore(&project);
        for line in [".git", ".env", ".env.*", "containerization-spec.md", "Dockerfile"] {
            assert!(text.lines().any(|known| known == line), "{name}: {line}");
        }
        assert!(text.lines().any(|line| line.starts_with("target")), "{name}");
    }
    Ok(())
}

#[test]
fn a_folder_with_nothing_says_what_is_recognised() {
    let error = survey(&folder("nothing")).unwrap_err();
    assert!(error.to_string().ends_with("nothing` is recognised"), "{error}");
    assert!(error.hint().unwrap().starts_with("a project in Python"), "{:?}", error.hint());
    let error = survey(&folder("monorepo")).unwrap_err();
    assert_eq!(error.hint().as_deref(), Some("name the folder of one project in it: `services/api`, `services/jobs`"));
    assert!(matches!(survey(&folder("missing")), Err(SurveyError::Folder { .. })));
}

/// The specification that a user wrote for the original service.
const EXAMPLE: &str = include_str!("../../spec/tests/data/containerization-spec.example.md");

#[test]
fn the_original_service_promises_what_its_owner_wrote() -> anyhow::Result<()> {
    let original = seaworthy_testkit::workspace().join("bench/original");
    let wanted = checks(EXAMPLE)?;
    let found = checks(&specification(&survey(&original)?))?;
    let missed: Vec<&String> = wanted.iter().filter(|check| !found.contains(check)).collect();
    // Nothing in its five files says where the database runs.
    assert_eq!(missed, [r#"database.connects {"name":"Neon","variable":"DATABASE_URL"}"#]);
    assert!(
        found.contains(&r#"database.connects {"name":"PostgreSQL","variable":"DATABASE_URL"}"#.to_owned()),
        "{found:?}"
    );

    // An example of the environment says it.
    let copy = tempfile::tempdir()?;
    for name in ["main.py", "requirements.txt", "requirements-tuned.txt"] {
        std::fs::copy(original.join(name), copy.path().join(name))?;
    }
    std::fs::write(
        copy.path().join(".env.example"),
        "DATABASE_URL=postgresql://user:password@ep-cool-name.eu-central-1.aws.neon.tech/neondb\n",
    )?;
    let found = checks(&specification(&survey(copy.path())?))?;
    let missed: Vec<&String> = wanted.iter().filter(|check| !found.contains(check)).collect();
    assert_eq!(missed, Vec::<&String>::new());
    Ok(())
}
