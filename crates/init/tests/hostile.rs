//! Folders made to harm: one clear line, within bounds.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::{Duration, Instant};

use seaworthy_init::{specification, survey};
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
