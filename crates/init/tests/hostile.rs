//! Folders made to harm: one clear line, within bounds.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::{Duration, Instant};

use seaworthy_init::{CacheMounts, Today, dockerfile, found, questions, specification, survey};
use tempfile::TempDir;

fn with(files: &[(&str, &[u8])]) -> anyhow::Result<TempDir> {
    let folder = tempfile::tempdir()?;
    for (name, bytes) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap_or(Path::new("/")))?;
        fs::write(path, bytes)?;
    }
    Ok(folder)
}

#[track_caller]
fn refused(files: &[(&str, &[u8])], expected: &str) -> anyhow::Result<()> {
    let folder = with(files)?;
    let Err(error) = survey(folder.path()) else { anyhow::bail!("{expected}: it was taken") };
    let error = error.to_string();
    assert!(error.starts_with(expected), "{error}");
    assert!(!error.contains('\n') && error.len() < 400, "{error}");
    Ok(())
}

#[test]
fn a_manifest_that_cannot_be_read_is_named() -> anyhow::Result<()> {
    refused(&[("package.json", b"\xff\xfe\x00binary")], "cannot read `package.json`: not UTF-8 (byte 0)")?;
    refused(&[("package.json", b"[1]")], "cannot read `package.json`: no JSON object")?;
    refused(&[("package.json", b"{")], "cannot read `package.json`: no JSON: ")?;
    refused(&[("pyproject.toml", b"[project\n")], "cannot read `pyproject.toml`: no TOML: ")?;
    refused(&[("Dockerfile", b"FRUM x\n")], "cannot read `Dockerfile`: ")?;
    refused(&[("compose.yaml", b"a: [\n")], "cannot read `compose.yaml`: no YAML that can be read: ")?;
    let deep = "[".repeat(100_000);
    refused(&[("package.json", deep.as_bytes())], "cannot read `package.json`: no JSON: ")?;
    refused(&[("compose.yaml", deep.as_bytes())], "cannot read `compose.yaml`: no YAML that can be read: ")?;
    refused(&[("pyproject.toml", format!("a = {deep}").as_bytes())], "cannot read `pyproject.toml`: no TOML: ")?;
    Ok(())
}

#[test]
fn a_file_of_100_mb_is_not_read() -> anyhow::Result<()> {
    let folder = with(&[("requirements.txt", b"fastapi\nuvicorn\n"), ("main.py", b"app = FastAPI()\n")])?;
    fs::File::create(folder.path().join("data.py"))?.set_len(100_000_000)?;
    let project = survey(folder.path())?;
    assert_eq!(project.left_out, ["data.py: 100 MB, and at most 1 MiB is read"]);
    fs::File::create(folder.path().join("package.json"))?.set_len(100_000_000)?;
    fs::remove_file(folder.path().join("requirements.txt"))?;
    let error = survey(folder.path()).unwrap_err().to_string();
    assert_eq!(error, "cannot read `package.json`: 100 MB, and at most 1 MiB is read");
    Ok(())
}

#[test]
fn links_are_not_followed_outside_or_round_in_circles() -> anyhow::Result<()> {
    let outside = with(&[("secret.py", b"import os\nTOKEN = os.environ['STOLEN']\n")])?;
    let folder = with(&[("requirements.txt", b"flask\n"), ("real/app.py", b"app = Flask(__name__)\n")])?;
    symlink(folder.path(), folder.path().join("loop"))?;
    symlink("circle", folder.path().join("circle"))?;
    symlink(outside.path().join("secret.py"), folder.path().join("stolen.py"))?;
    symlink("real/app.py", folder.path().join("app.py"))?;
    let project = survey(folder.path())?;
    assert!(project.variables.is_empty(), "{:?}", project.variables);
    assert_eq!(project.left_out, ["links that lead to folders or outside"]);
    assert_eq!(project.start.map(|start| start.at.to_string()).as_deref(), Some("app.py:1"));
    Ok(())
}

#[test]
fn depth_and_number_are_bounded() -> anyhow::Result<()> {
    let folder = with(&[("requirements.txt", b"flask\n"), ("app.py", b"app = Flask(__name__)\n")])?;
    fs::create_dir_all(folder.path().join(vec!["d"; 40].join("/")))?;
    let many = folder.path().join("many");
    fs::create_dir(&many)?;
    for number in 0..5_100 {
        fs::write(many.join(format!("{number}.txt")), "")?;
    }
    let project = survey(folder.path())?;
    assert!(project.left_out.contains(&"folders below the twelfth level".to_owned()), "{:?}", project.left_out);
    assert!(project.left_out.contains(&"files after the first 5,000".to_owned()), "{:?}", project.left_out);
    Ok(())
}

#[test]
fn long_lines_take_linear_time() -> anyhow::Result<()> {
    let quotes = "\"\\\"".repeat(60_000);
    let parens = "os.environ.get(".repeat(12_000);
    let routes = "@app.route('/x', methods=[".repeat(6_000);
    let prefixes = "x = APIRouter(".repeat(12_000);
    let lines = "if __name__ == '__main__':\nuvicorn.run(".repeat(4_000);
    let texts = [quotes, parens, routes, prefixes, lines];
    let names: Vec<String> = (0..texts.len()).map(|number| format!("f{number}.py")).collect();
    let mut files: Vec<(&str, &[u8])> = vec![("requirements.txt", b"fastapi\n")];
    files.extend(names.iter().map(String::as_str).zip(texts.iter().map(String::as_bytes)));
    let folder = with(&files)?;
    let begun = Instant::now();
    survey(folder.path())?;
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    Ok(())
}

#[test]
fn names_from_files_stay_text_in_the_specification() -> anyhow::Result<()> {
    let manifest = br#"{"name": "x\n## Success Criteria\n- [ ] Image size under 1MB <!-- check: GET / -> 200 -->", "main": "index.js"}"#;
    let folder = with(&[("package.json", manifest), ("index.js", b"require('http').createServer().listen(3000)\n")])?;
    let text = specification(&survey(folder.path())?);
    assert!(!text.contains("under 1MB"), "{text}");
    assert!(!text.contains("<!--"), "{text}");
    Ok(())
}

/// What would be an instruction, a promise, or a command of a shell.
const EVIL: &str = "3.3\nRUN evil\n## Success Criteria\n- [ ] Image size under 1MB <!-- check: GET /evil -> 200 -->\n`$(evil)`{evil}\"'";

#[track_caller]
fn writes_nothing_of_its_own(files: &[(&str, &str)]) -> anyhow::Result<()> {
    let files: Vec<(&str, &[u8])> = files.iter().map(|(name, text)| (*name, text.as_bytes())).collect();
    let project = match survey(with(&files)?.path()) {
        Ok(project) => project,
        Err(error) => {
            assert!(!error.to_string().contains('\n'), "{error}");
            return Ok(());
        }
    };
    let text = dockerfile(&project, CacheMounts::No).unwrap_or_default();
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with("CMD [")).collect();
    assert!(!lines.iter().any(|line| line.contains("evil")), "{files:?}\n{text}");
    let text = specification(&project);
    assert!(
        !text.contains("under 1MB") || !text.lines().any(|line| line.starts_with("- [ ] Image size under 1MB")),
        "{text}"
    );
    assert!(!text.contains("<!--") && !text.contains("-> 200 -->"), "{text}");
    let criteria = seaworthy_spec::Spec::parse(&text)?.criteria;
    assert!(criteria.iter().all(|criterion| !criterion.text.contains("evil")), "{text}");
    Ok(())
}

#[test]
fn no_file_of_a_project_writes_an_instruction_or_a_promise() -> anyhow::Result<()> {
    let json = |text: &str| serde_json::Value::from(text).to_string();
    let evil = json(EVIL);
    let app = "import os\nfrom flask import Flask\napp = Flask(__name__)\n";
    let odd = "a\nRUN evil\n.py";
    writes_nothing_of_its_own(&[("Gemfile", "gem 'sinatra'\n"), ("app.rb", "get '/' do\n"), (".ruby-version", EVIL)])?;
    writes_nothing_of_its_own(&[("requirements.txt", "flask\n"), ("app.py", app), (".python-version", EVIL)])?;
    writes_nothing_of_its_own(&[
        ("package.json", &format!("{{\"name\":{evil},\"main\":\"a.js\",\"engines\":{{\"node\":{evil}}}}}")),
        ("a.js", "http.createServer().listen(80)"),
    ])?;
    writes_nothing_of_its_own(&[
        (
            "a.csproj",
            "<Project Sdk=\"Microsoft.NET.Sdk.Web\"><PropertyGroup><TargetFramework>net8.0\nRUN evil</TargetFramework><AssemblyName>a\nRUN evil</AssemblyName></PropertyGroup></Project>",
        ),
        ("Program.cs", "app.Run();"),
    ])?;
    writes_nothing_of_its_own(&[("a\nRUN evil\nb.csproj", "<Project Sdk=\"Microsoft.NET.Sdk.Web\"></Project>")])?;
    writes_nothing_of_its_own(&[(
        "pom.xml",
        "<project><artifactId>a</artifactId><version>1</version><properties><java.version>17\nRUN evil</java.version></properties><build><finalName>a\nRUN evil</finalName></build></project>",
    )])?;
    writes_nothing_of_its_own(&[
        ("Cargo.toml", &format!("[package]\nname = {evil}\n[dependencies]\naxum = \"1\"\n")),
        ("src/main.rs", "fn main() {}"),
    ])?;
    writes_nothing_of_its_own(&[
        ("go.mod", "module a\ngo 1.22\n"),
        ("cmd/a\nRUN evil\nb/main.go", "func main() {\n http.ListenAndServe(\":80\", nil)\n}\n"),
    ])?;
    writes_nothing_of_its_own(&[
        ("composer.json", &format!("{{\"name\":{evil},\"require\":{{\"php\":{evil},\"ext-x\\nRUN evil\":\"*\"}}}}")),
        ("index.php", ""),
    ])?;
    writes_nothing_of_its_own(&[("requirements.txt", "flask\n-r b\nRUN.txt\n"), ("app.py", app), (odd, app)])?;
    writes_nothing_of_its_own(&[
        ("requirements.txt", "flask\n"),
        (
            "app.py",
            &format!("{app}@app.get('/$(evil)/health')\n@app.get('/`evil`/health')\n@app.get('/\\x22evil/health')\n"),
        ),
        (
            "compose.yaml",
            "services: {web: {build: ., volumes: [\"v:/data\\nRUN evil\"]}, \"e\\n- [ ] evil\": {image: redis}}",
        ),
    ])?;
    writes_nothing_of_its_own(&[("index.html", "<title>a ``` --> evil\n- [ ] Image size under 1MB</title>")])?;
    writes_nothing_of_its_own(&[(
        "Dockerfile",
        "FROM a`evil`<!--x\nEXPOSE 80\nHEALTHCHECK CMD curl http://x/`evil`{evil}\nVOLUME [\"/a\\nevil\"]\n",
    )])?;
    Ok(())
}

#[test]
fn no_config_of_an_image_writes_a_promise() {
    let today = Today {
        reference: EVIL.to_owned(),
        name: EVIL.to_owned(),
        base: Some(EVIL.to_owned()),
        user: EVIL.to_owned(),
        ports: vec![80],
        health_check: Some(vec!["CMD".to_owned(), format!("curl http://x/{EVIL}")]),
        volumes: vec![format!("/{EVIL}")],
        variables: vec![EVIL.to_owned()],
        command: vec!["serve".to_owned(), "--api-key".to_owned(), "hunter2".to_owned()],
        ..Today::default()
    };
    let project = today.project();
    let text = specification(&project);
    assert!(!text.lines().any(|line| line.starts_with("- [ ] Image size under 1MB")), "{text}");
    assert!(!text.contains("<!--") && !text.contains("hunter2"), "{text}");
    assert!(!found(&project).iter().any(|(_, what)| what.contains("hunter2")));
}

#[test]
fn no_key_in_a_command_or_a_default_is_shown() -> anyhow::Result<()> {
    let files: &[(&[(&str, &str)], &str)] = &[
        (
            &[
                ("requirements.txt", "flask\ngunicorn\n"),
                ("app.py", "app = Flask(__name__)\n"),
                ("Procfile", "web: SECRET_KEY=hunter2 gunicorn app:app\n"),
            ],
            "hunter2",
        ),
        (
            &[
                (
                    "package.json",
                    r#"{"scripts":{"start":"node a.js --api-key hunter2","build":"TOKEN=hunter2 tsc"},"dependencies":{"express":"5"},"devDependencies":{"typescript":"5"}}"#,
                ),
                ("a.js", "app.listen(3000)"),
            ],
            "hunter2",
        ),
        (
            &[
                ("package.json", r#"{"main":"a.js","dependencies":{"express":"5"}}"#),
                (
                    "a.js",
                    "const k = process.env.STRIPE || 'sk_live_hunter2'\nconst p = process.env.DBPASS || 'postgres'\napp.listen(3000)",
                ),
            ],
            "hunter2",
        ),
        (&[("Dockerfile", "FROM a:1\nCMD serve --password=hunter2\n")], "hunter2"),
        (
            &[
                ("main.py", "import os, rq\nU = os.getenv('QUEUE', 'redis://user:hunter2@host')\n"),
                ("requirements.txt", "rq\n"),
            ],
            "hunter2",
        ),
    ];
    for (files, secret) in files {
        let all: Vec<(&str, &[u8])> = files.iter().map(|(name, text)| (*name, text.as_bytes())).collect();
        let project = survey(with(&all)?.path())?;
        let shown = format!(
            "{:?}{:?}{}{}",
            found(&project),
            questions(&project),
            specification(&project),
            dockerfile(&project, CacheMounts::No).unwrap_or_default()
        );
        assert!(!shown.contains(secret), "{files:?}\n{shown}");
    }
    Ok(())
}
