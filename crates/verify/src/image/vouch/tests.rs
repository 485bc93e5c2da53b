use sha2::{Digest as _, Sha256};

use crate::Finding;
use crate::image::archive::tests::{gzip, zip};
use crate::image::secrets;
use crate::image::tests::{Sample, base64};
use seaworthy_report::Verdict::{self, Fail, Pass};
use serde_json::json;

const SITE: &str = "usr/local/lib/python3.11/site-packages";

/// A URL with a password in the form that counts anywhere.
fn url() -> String {
    ["amqp://shop:", "q8Zt1vPs0Lm@mq.corp.net/orders"].concat()
}

fn source() -> String {
    format!("BROKER = '{}'\n", url())
}

fn row(path: &str, content: &str) -> String {
    let hash = base64(&Sha256::digest(content)).replace('+', "-").replace('/', "_").replace('=', "");
    format!("{path},sha256={hash},{}\n", content.len())
}

/// What tools write of a package that was made for everyone, and what they write of one that is only built.
const FOR_EVERYONE: &str = "Metadata-Version: 2.1\nName: x\nHome-page: https://github.com/x/x\nLicense: MIT\n\nText\n";
const BUILT: &str = "Metadata-Version: 2.4\nName: shop\nVersion: 1.0\nRequires-Dist: kombu\n";

/// A package with one module, as pip leaves it.
fn installed(name: &str) -> Sample {
    let record = [
        row(&format!("{name}/bus.py"), &source()),
        format!("{name}/__pycache__/bus.cpython-311.pyc,,\n"),
        row(&format!("../../../bin/{name}"), "#!/usr/local/bin/python\n"),
    ];
    Sample::new()
        .file(&format!("{SITE}/{name}/bus.py"), 0o644, source().as_bytes())
        .file(&format!("{SITE}/{name}-1.0.dist-info/RECORD"), 0o644, record.concat().as_bytes())
        .file(&format!("{SITE}/{name}-1.0.dist-info/METADATA"), 0o644, FOR_EVERYONE.as_bytes())
        .file(&format!("usr/local/bin/{name}"), 0o755, b"#!/usr/local/bin/python\n")
}

#[track_caller]
fn check(sample: Sample, verdict: Verdict, evidence: &str) -> Finding {
    let found = secrets(&sample.facts(), &[]);
    assert_eq!(found.verdict, verdict, "{found:?}");
    assert!(found.evidence.contains(evidence), "{}", found.evidence);
    assert!(!format!("{found:?}").contains("q8Zt1vPs"), "{found:?}");
    found
}

#[test]
fn pip_vouches_for_the_bytes_that_its_record_has() {
    let path = format!("{SITE}/kombu/bus.py");
    let vouched = format!("1 file as its package was published, byte for byte (pip: kombu, `/{path}`)");
    check(installed("kombu"), Pass, &vouched);
    let changed = format!("{}# ours\n", source());
    check(
        installed("kombu").layer().file(&path, 0o644, changed.as_bytes()),
        Fail,
        &format!("`/{path}` in layer 2 of 2"),
    );
    let added = format!("{SITE}/kombu/local.py");
    check(installed("kombu").file(&added, 0o644, source().as_bytes()), Fail, &format!("`/{added}`"));
    check(installed("kombu").file("app/bus.py", 0o644, source().as_bytes()), Fail, "`/app/bus.py`");
    let record = format!("{SITE}/kombu-1.0.dist-info/RECORD");
    check(
        installed("kombu").layer().file(&format!("{SITE}/kombu-1.0.dist-info/.wh.RECORD"), 0o644, b""),
        Pass,
        &vouched,
    );
    for empty in ["kombu/bus.py,,\n", "kombu/bus.py,sha256=,\n", "kombu/bus.py\n", "\u{0}\n", ""] {
        let sample = Sample::new().file(&path, 0o644, source().as_bytes()).file(&record, 0o644, empty.as_bytes());
        check(sample, Fail, &format!("`/{path}`"));
    }
}

#[test]
fn pip_vouches_in_any_folder_that_it_installs_into() {
    let record = row("kombu/bus.py", &source());
    let target = || {
        Sample::new().file("var/task/kombu-1.0.dist-info/RECORD", 0o644, record.as_bytes()).file(
            "var/task/kombu/bus.py",
            0o644,
            source().as_bytes(),
        )
    };
    check(target(), Pass, "pip: kombu");
    check(target().file("var/task/handler.py", 0o644, source().as_bytes()), Fail, "`/var/task/handler.py`");
}

#[test]
fn a_compiled_file_is_vouched_for_by_its_source() {
    let compiled = |folder: &str| format!("{SITE}/kombu/{folder}bus.cpython-311.pyc");
    let bytes = |text: &str| [b"\xa7\x0d\x0d\x0a\0\0\0\0z\x2a".as_slice(), text.as_bytes(), b"N)"].concat();
    let path = compiled("__pycache__/");
    check(installed("kombu").file(&path, 0o644, &bytes(&url())), Pass, "2 files as its package was published");
    let other = url().replace("q8Zt1vPs0Lm", "r9Zt1vPs0Lm");
    check(installed("kombu").file(&path, 0o644, &bytes(&other)), Fail, &format!("`/{path}`"));
    // Compiled elsewhere, and its source is not in the image.
    let record = row("kombu/bus.py", &source());
    let without = Sample::new().file(&format!("{SITE}/kombu-1.0.dist-info/RECORD"), 0o644, record.as_bytes());
    check(without.file(&format!("{SITE}/kombu/bus.pyc"), 0o644, &bytes(&url())), Fail, "bus.pyc`");
    // Of the author's module, whose source no record has.
    let own =
        Sample::new().file("app/bus.py", 0o644, b"").file("app/__pycache__/bus.cpython-311.pyc", 0o644, &bytes(&url()));
    check(own, Fail, "bus.cpython-311.pyc`");
}

#[test]
fn a_record_of_the_authors_own_package_vouches_for_nothing() {
    let info = format!("{SITE}/shop-1.0.dist-info");
    let failed = format!("`/{SITE}/shop/bus.py`");
    check(installed("shop"), Pass, "none in");
    for direct in [
        json!({"url": "file:///src", "dir_info": {}}),
        json!({"url": "file:///src", "dir_info": {"editable": true}}),
        json!({"url": "https://git.corp.net/shop.git", "vcs_info": {"vcs": "git"}}),
        json!({"url": "file:///tmp/shop-1.0-py3-none-any.whl", "archive_info": {"hash": "sha256=x"}}),
    ] {
        let note = direct.to_string();
        check(installed("shop").file(&format!("{info}/direct_url.json"), 0o644, note.as_bytes()), Fail, &failed);
    }
    let with_note = [row("shop/bus.py", &source()), row("shop-1.0.dist-info/direct_url.json", "{}")].concat();
    check(installed("shop").layer().file(&format!("{info}/RECORD"), 0o644, with_note.as_bytes()), Fail, &failed);
    for (path, content) in [
        ("src/pyproject.toml", "[project]\nname = \"Shop\"\n"),
        ("src/pyproject.toml", "[tool.poetry]\nname = 'shop'\n"),
        ("src/setup.cfg", "[metadata]\nname = shop\n"),
        ("src/setup.py", "from setuptools import setup\nsetup(name = \"shop\", version='1.0')\n"),
    ] {
        check(installed("shop").file(path, 0o644, content.as_bytes()), Fail, &failed);
    }
    for command in [
        json!(["shop"]),
        json!(["/usr/local/bin/shop", "serve"]),
        json!(["python", "-m", "shop.web"]),
        json!(["uvicorn", "shop.web:app", "--port", "8000"]),
        json!(["gunicorn", "--bind=:8000", "shop.wsgi"]),
        json!(["/bin/sh", "-c", "exec celery --app=shop worker"]),
    ] {
        check(installed("shop").config("Cmd", command), Fail, &failed);
    }
    let script = "#!/bin/sh\nset -e\nexec uvicorn shop.web:app\n";
    let started =
        installed("shop").file("start.sh", 0o755, script.as_bytes()).config("Entrypoint", json!(["/start.sh"]));
    check(started, Fail, &failed);
    check(installed("shop").config("Env", json!(["DJANGO_SETTINGS_MODULE=shop.settings"])), Fail, &failed);
    check(installed("shop").config("Cmd", json!(["python", "/app/main.py"])), Pass, "none in");
}

#[test]
fn a_package_that_nothing_shows_to_be_published_vouches_for_nothing() {
    // `pip install --no-index --find-links DIR shop`, and a package of the author's own index, leave no note of where they came from.
    let metadata = format!("{SITE}/shop-1.0.dist-info/METADATA");
    let failed = format!("`/{SITE}/shop/bus.py`");
    let own = || {
        let record = row("shop/bus.py", &source());
        Sample::new().file(&format!("{SITE}/shop/bus.py"), 0o644, source().as_bytes()).file(
            &format!("{SITE}/shop-1.0.dist-info/RECORD"),
            0o644,
            record.as_bytes(),
        )
    };
    check(own(), Fail, &failed);
    check(own().file(&metadata, 0o644, BUILT.as_bytes()), Fail, &failed);
    // One that few know: its hash is right, and its metadata makes it likely.
    let found = check(own().file(&metadata, 0o644, FOR_EVERYONE.as_bytes()), Pass, "none in");
    assert_eq!(
        found.warnings,
        [format!(
            "perhaps a secret: URL with a password in {failed} in layer 1 of 1 \
             (pip: shop, of a package that is published, as its metadata says)"
        )]
    );
}

#[test]
fn a_literal_value_in_a_packages_settings_counts_where_the_package_is_the_authors() {
    let settings = ["SECRET_", "KEY = 'q8Zt1vPs-0Lm'\n"].concat();
    let path = |name: &str| format!("{SITE}/{name}/settings.py");
    let package = |name: &str, metadata: &str| {
        let info = format!("{SITE}/{name}-1.0.dist-info");
        Sample::new()
            .file(&path(name), 0o644, settings.as_bytes())
            .file(&format!("{info}/RECORD"), 0o644, row(&format!("{name}/settings.py"), &settings).as_bytes())
            .file(&format!("{info}/METADATA"), 0o644, metadata.as_bytes())
    };
    let failed = |name: &str| format!("value for a password-like name in `/{}`", path(name));
    check(package("shop", BUILT), Fail, &failed("shop"));
    let note = json!({"url": "file:///src", "dir_info": {}}).to_string();
    let direct = format!("{SITE}/shop-1.0.dist-info/direct_url.json");
    check(package("shop", FOR_EVERYONE).file(&direct, 0o644, note.as_bytes()), Fail, &failed("shop"));
    // Published: quiet, however sure it would be in an application.
    for name in ["shop", "kombu"] {
        let found = check(package(name, FOR_EVERYONE), Pass, "none in");
        assert!(found.warnings.is_empty() && !found.evidence.contains("published"), "{found:?}");
    }
    // Changed, and copied beside packages that are on record.
    let changed = format!("{settings}# ours\n");
    check(package("kombu", "").layer().file(&path("kombu"), 0o644, changed.as_bytes()), Fail, &failed("kombu"));
    check(package("kombu", "").file(&path("shop"), 0o644, settings.as_bytes()), Fail, &failed("shop"));
    // Without any record nothing tells whose it is.
    check(Sample::new().file(&path("shop"), 0o644, settings.as_bytes()), Pass, "none in");

    let config = ["{\"pass", "word\": \"q8Zt1vPs-0Lm\"}"].concat();
    let file = |name: &str| format!("app/node_modules/{name}/config.json");
    let npm = |name: &str| npm_installed("somelib").file(&file(name), 0o644, config.as_bytes());
    check(npm("shop"), Fail, "`/app/node_modules/shop/config.json`");
    check(npm(".cache"), Pass, "none in");
    check(npm("somelib"), Pass, "none in");
    check(Sample::new().file(&file("shop"), 0o644, config.as_bytes()), Pass, "none in");
}

#[test]
fn what_a_package_manager_downloaded_is_a_warning_that_names_the_file() {
    let wheel = |module: &str, metadata: &str| {
        let source = source();
        zip(&[(module, source.as_bytes(), true), ("x-1.0.dist-info/METADATA", metadata.as_bytes(), true)])
    };
    for (path, content, by) in [
        (
            "wheels/kombu-5.4.0-py3-none-any.whl",
            wheel("kombu/bus.py", ""),
            "pip: kombu, in the wheel of a published package",
        ),
        (
            "wheels/shop-1.0-py3-none-any.whl",
            wheel("shop/bus.py", FOR_EVERYONE),
            "pip: shop, in the wheel of a published package",
        ),
        (
            "root/.npm/_cacache/content-v2/sha512/ab/cd/ef",
            gzip(source().as_bytes()),
            "npm: downloads, in its cache of downloads",
        ),
        (
            "root/.cache/pip/http-v2/a/b/c/d/e/abcde.body",
            source().into_bytes(),
            "pip: downloads, in its cache of downloads",
        ),
    ] {
        let found = check(Sample::new().file(path, 0o644, &content), Pass, "none in");
        assert!(found.warnings[0].ends_with(&format!(" in layer 1 of 1 ({by})")), "{found:?}");
    }
    let token = ["ghp_", "q8Zt1vPs0LmWx7RbN3cKd5Yh2Gj9Fe", "1juZG7"].concat();
    check(Sample::new().file("root/.npm/_cacache/index-v5/x", 0o644, token.as_bytes()), Fail, "GitHub token");
    // The author's own wheel, and a name that only looks like a cache.
    check(
        Sample::new().file("wheels/shop-1.0-py3-none-any.whl", 0o644, &wheel("shop/bus.py", BUILT)),
        Fail,
        "!/shop/bus.py`",
    );
    let ours = Sample::new().file("wheels/kombu-1.0-py3-none-any.whl", 0o644, &wheel("kombu/bus.py", ""));
    check(ours.file("src/setup.py", 0o644, b"setup(\n    name='kombu',\n)\n"), Fail, "!/kombu/bus.py`");
    check(Sample::new().file("app/cacache/x", 0o644, source().as_bytes()), Fail, "`/app/cacache/x`");
}

#[test]
fn a_published_server_is_not_the_authors_because_the_image_starts_it() {
    check(installed("celery").config("Cmd", json!(["celery", "-A", "shop", "worker"])), Pass, "pip: celery");
    let wheel = json!({"url": "file:///wheels/celery-5-py3-none-any.whl", "archive_info": {}}).to_string();
    let info = format!("{SITE}/celery-1.0.dist-info/direct_url.json");
    check(installed("celery").file(&info, 0o644, wheel.as_bytes()), Pass, "pip: celery");
    let fork = json!({"url": "https://git.corp.net/celery.git", "vcs_info": {"vcs": "git"}}).to_string();
    check(installed("celery").file(&info, 0o644, fork.as_bytes()), Fail, "celery/bus.py`");
}

/// A package from the registry with one module, as npm leaves it.
fn npm_installed(name: &str) -> Sample {
    let lock = json!({"packages": {format!("node_modules/{name}"): {
        "version": "1.0.0", "resolved": "https://registry.npmjs.org/x/-/x-1.0.0.tgz", "integrity": "sha512-x",
    }}});
    Sample::new().file("app/node_modules/.package-lock.json", 0o644, lock.to_string().as_bytes()).file(
        &format!("app/node_modules/{name}/dist/bus.js"),
        0o644,
        source().as_bytes(),
    )
}

#[test]
fn npm_turns_a_fail_into_a_warning_that_names_the_file() {
    let found = check(npm_installed("somelib"), Pass, "none in");
    assert_eq!(
        found.warnings,
        ["perhaps a secret: URL with a password in `/app/node_modules/somelib/dist/bus.js` in layer 1 of 1 \
          (npm: somelib, of a package from its registry)"]
    );
    let weak = "BROKER = 'amqp://shop:q8Zt1vPs0Lm@localhost/orders'";
    let found = check(
        npm_installed("somelib").layer().file("app/node_modules/somelib/dist/bus.js", 0o644, weak.as_bytes()).layer(),
        Pass,
        "none in",
    );
    assert_eq!(found.warnings.len(), 1, "only the certain one of layer 1: {found:?}");
    check(
        npm_installed("somelib").file("app/node_modules/other/bus.js", 0o644, source().as_bytes()),
        Fail,
        "other/bus.js`",
    );
    check(npm_installed("somelib").file("app/bus.js", 0o644, source().as_bytes()), Fail, "`/app/bus.js`");
    check(npm_installed("shop").file("app/package.json", 0o644, br#"{"name": "shop"}"#), Fail, "shop/dist/bus.js`");
    let started = json!(["node", "node_modules/@corp/shop/dist/bus.js"]);
    check(
        npm_installed("@corp/shop").config("Cmd", started).config("WorkingDir", json!("/app")),
        Fail,
        "@corp/shop/dist/bus.js`",
    );
}

#[test]
fn a_token_with_a_right_checksum_fails_wherever_it_lies() {
    let token = ["ghp_", "q8Zt1vPs0LmWx7RbN3cKd5Yh2Gj9Fe", "1juZG7"].concat();
    let code = format!("token = '{token}'\n");
    let record = row("kombu/x.py", &code);
    let sample = Sample::new().file(&format!("{SITE}/kombu-1.0.dist-info/RECORD"), 0o644, record.as_bytes()).file(
        &format!("{SITE}/kombu/x.py"),
        0o644,
        code.as_bytes(),
    );
    check(sample, Fail, "GitHub token in");
    check(npm_installed("x").file("app/node_modules/x/t.js", 0o644, code.as_bytes()), Fail, "GitHub token in");
}

#[test]
fn bad_records_vouch_for_nothing_and_end() {
    let path = format!("{SITE}/kombu/bus.py");
    let good = row("kombu/bus.py", &source());
    for record in [
        [b"\xff\xfe\n".as_slice(), good.as_bytes()].concat(),
        [good.as_bytes(), "x".repeat(100_000).as_bytes()].concat(),
        [good.as_bytes(), &b"kombu/some_module.py,,\n".repeat(200_000)].concat(),
        row("../../../../../../../../kombu/bus.py", &source()).into_bytes(),
    ] {
        let sample = Sample::new().file(&path, 0o644, source().as_bytes()).file(
            &format!("{SITE}/kombu-1.0.dist-info/RECORD"),
            0o644,
            &record,
        );
        check(sample, Fail, &format!("`/{path}`"));
    }
}
