//! `image.secrets` in packages that others published: files of httpx 0.28.1 and @types/node 26.6.7 as pip and npm install them, whose
//! documentation has URLs with passwords. Beside them secrets planted in an application, in its package and in theirs.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use seaworthy_image::Digest;
use seaworthy_testkit::Recipe;
use serde_json::json;

use crate::row::row;

/// In no text of this repository together with what would make it a finding.
const PASSWORD: &str = "q8Zt1vPs0Lm";
const SITE: &str = "usr/local/lib/python3.11/site-packages";
const URLS: &str = include_str!("../data/packages/httpx/_urls.py");
const TYPES: &str = include_str!("../data/packages/types-node/url.d.ts");
/// As npm says of `TYPES` where its address follows from its name.
const LOCK: &str = r#"{"name": "shop", "lockfileVersion": 3, "requires": true, "packages": {"node_modules/@types/node": {"version": "26.6.7",
    "integrity": "sha512-tovuRfrUILu6v46bMG+BgXxMvsqPBx2WO2as8Rpln+JTff1dbexMtAM4KFTejmL0axsnSWViCW7MecUQpLuBRA=="}}}"#;
/// What setuptools writes of a project that says no more.
const BUILT: &str = "Metadata-Version: 2.4\nName: shop\nVersion: 1.0\nRequires-Dist: httpx\n";

type Files = Vec<(String, String)>;

fn file(path: &str, content: &str) -> (String, String) {
    (path.replace("SITE", SITE), content.replace('~', PASSWORD))
}

/// httpx as pip installs it.
fn python() -> Files {
    vec![
        file("SITE/httpx/_urls.py", URLS),
        file("SITE/httpx-0.28.1.dist-info/RECORD", include_str!("../data/packages/httpx/RECORD")),
        file("SITE/httpx-0.28.1.dist-info/METADATA", include_str!("../data/packages/httpx/METADATA")),
    ]
}

/// `@types/node` as npm installs it.
fn node() -> Files {
    vec![file("app/node_modules/@types/node/url.d.ts", TYPES), file("app/node_modules/.package-lock.json", LOCK)]
}

/// Packages as they were installed, and on top of them these files.
fn image(packages: Files, files: Files) -> Recipe {
    [packages, files].into_iter().fold(Recipe::on(Vec::new()), |image, files| {
        image.layer(move |layer| {
            for (path, content) in &files {
                layer.file(path, 0o644, (0, 0), content.clone())?;
            }
            Ok(())
        })
    })
}

/// An application as pip installs it: a module that says this, its settings, and what is in its `dist-info` beside the record.
fn application(name: &str, module: &str, settings: &str, notes: &[(&str, &str)]) -> anyhow::Result<Files> {
    let info = format!("{name}-1.0.dist-info");
    let mut files = vec![(format!("{name}/bus.py"), module), (format!("{name}/settings.py"), settings)];
    files.extend(notes.iter().map(|(note, content)| (format!("{info}/{note}"), *content)));
    let mut record = format!("{info}/RECORD,,\n");
    let mut installed = Vec::new();
    for (path, content) in files {
        let (path, content) = file(&path, content);
        let hash = hash(content.as_bytes())?;
        let _ = writeln!(record, "{path},sha256={hash},{}", content.len());
        installed.push((format!("{SITE}/{path}"), content));
    }
    installed.push((format!("{SITE}/{info}/RECORD"), record));
    Ok(installed)
}

/// SHA-256 as records have it.
fn hash(content: &[u8]) -> anyhow::Result<String> {
    let hex = Digest::of(content).hex().to_owned();
    let byte = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16);
    Ok(URL_SAFE_NO_PAD.encode((0..hex.len()).step_by(2).map(byte).collect::<Result<Vec<u8>, _>>()?))
}

const MODULE: &str = "BROKER = 'amqp://shop:~@mq.corp.net/orders'\n";
const SETTINGS: &str = "SECRET_KEY = '~'\n";

#[test]
fn published_packages_as_they_were_installed_pass() -> anyhow::Result<()> {
    row!(image(python(), node())).promise("No secrets in image").looks(
        "pass image.secrets: none in …; 1 file as its package was published, byte for byte \
         (pip: httpx, `/usr/local/lib/python3.11/site-packages/httpx/_urls.py`)\n\
         warning: perhaps a secret: URL with a password in `/app/node_modules/@types/node/url.d.ts` in layer 2 of 2 \
         (npm: @types/node, of a package from its registry)",
    )
}

#[test]
fn secrets_in_an_application_beside_published_packages_are_found() -> anyhow::Result<()> {
    let files = vec![
        file("app/main.py", MODULE),
        file("app/settings.py", SETTINGS),
        file("app/.env", "DB_PASSWORD=~\n"),
        file("app/main.js", "const broker = 'amqp://shop:~@mq.corp.net/orders'\n"),
    ];
    row!(image(python(), files)).promise("No secrets in image").hides(PASSWORD).looks(
        "fail image.secrets: password-like variable in `/app/.env` in layer 2 of 2, \
         URL with a password in `/app/main.js` in layer 2 of 2, \
         URL with a password in `/app/main.py` in layer 2 of 2, 1 more; searched …",
    )
}

#[test]
fn secrets_in_a_changed_and_in_an_added_file_of_a_python_package_are_found() -> anyhow::Result<()> {
    let files = vec![file("SITE/httpx/_urls.py", &format!("{URLS}{MODULE}")), file("SITE/httpx/local.py", MODULE)];
    row!(image(python(), files)).promise("No secrets in image").hides(PASSWORD).looks(
        "fail image.secrets: URL with a password in `/usr/local/lib/python3.11/site-packages/httpx/_urls.py` in layer 2 of 2, \
         URL with a password in `/usr/local/lib/python3.11/site-packages/httpx/local.py` in layer 2 of 2; searched …",
    )
}

#[test]
fn a_secret_in_a_changed_file_of_a_node_package_is_a_warning() -> anyhow::Result<()> {
    let changed = format!("{TYPES}const broker = 'amqp://shop:~@mq.corp.net/orders'\n");
    let files = vec![file("app/node_modules/@types/node/url.d.ts", &changed)];
    row!(image(node(), files)).promise("No secrets in image").hides(PASSWORD).looks(
        "pass image.secrets: none in …\n\
         warning: perhaps a secret: URL with a password in `/app/node_modules/@types/node/url.d.ts` in layer 1 of 2 \
         (not in the final tree) (npm: @types/node, of a package from its registry)\n\
         warning: perhaps a secret: URL with a password in `/app/node_modules/@types/node/url.d.ts` in layer 2 of 2 \
         (npm: @types/node, of a package from its registry)",
    )
}

#[test]
fn a_live_token_in_a_changed_file_of_a_node_package_is_found() -> anyhow::Result<()> {
    let token = ["ghp_", "q8Zt1vPs0LmWx7RbN3cKd5Yh2Gj9Fe", "1juZG7"].concat();
    let files = vec![file("app/node_modules/@types/node/url.d.ts", &format!("const token = '{token}'\n"))];
    row!(image(node(), files)).promise("No secrets in image").hides(&token).looks(
        "fail image.secrets: GitHub token in `/app/node_modules/@types/node/url.d.ts` in layer 2 of 2; searched …\n\
         warning: …",
    )
}

#[test]
fn secrets_in_an_application_that_pip_installed_are_found() -> anyhow::Result<()> {
    let folder = json!({"url": "file:///src", "dir_info": {}}).to_string();
    let wheel = json!({"url": "file:///wheels/b-1.0-py3-none-any.whl", "archive_info": {}}).to_string();
    let files = [
        application("a", MODULE, "", &[("METADATA", BUILT), ("direct_url.json", &folder)])?,
        application("b", MODULE, "", &[("METADATA", BUILT), ("direct_url.json", &wheel)])?,
        // `pip install --no-index --find-links DIR c` leaves no note.
        application("c", MODULE, SETTINGS, &[("METADATA", BUILT)])?,
    ];
    row!(image(python(), files.concat())).promise("No secrets in image").hides(PASSWORD).looks(
        "fail image.secrets: URL with a password in `/usr/local/lib/python3.11/site-packages/a/bus.py` in layer 2 of 2, \
         URL with a password in `/usr/local/lib/python3.11/site-packages/b/bus.py` in layer 2 of 2, \
         URL with a password in `/usr/local/lib/python3.11/site-packages/c/bus.py` in layer 2 of 2, 1 more; searched …",
    )
}

#[test]
fn a_literal_value_in_the_settings_of_an_application_that_pip_installed_is_found() -> anyhow::Result<()> {
    let folder = json!({"url": "file:///src", "dir_info": {}}).to_string();
    let files = application("shop", "", SETTINGS, &[("METADATA", BUILT), ("direct_url.json", &folder)])?;
    row!(image(python(), files)).promise("No secrets in image").hides(PASSWORD).looks(
        "fail image.secrets: value for a password-like name in \
         `/usr/local/lib/python3.11/site-packages/shop/settings.py` in layer 2 of 2; searched …",
    )
}

#[test]
fn an_application_that_pip_installed_and_that_reads_its_secrets_from_elsewhere_passes() -> anyhow::Result<()> {
    let (module, settings) = ("BROKER = os.environ['BROKER_URL']\n", "SECRET_KEY = os.environ['SECRET_KEY']\n");
    let files = application("shop", module, settings, &[("METADATA", BUILT)])?;
    row!(image(python(), files)).promise("No secrets in image").looks("pass image.secrets: none in …")
}

#[test]
fn a_package_that_few_know_is_a_warning() -> anyhow::Result<()> {
    let published = "Metadata-Version: 2.1\nName: shop\nHome-page: https://github.com/shop/shop\nLicense: MIT\n";
    let files = application("shop", MODULE, SETTINGS, &[("METADATA", published)])?;
    row!(image(python(), files)).promise("No secrets in image").hides(PASSWORD).looks(
        "pass image.secrets: none in …\n\
         warning: perhaps a secret: URL with a password in `/usr/local/lib/python3.11/site-packages/shop/bus.py` in layer 2 of 2 \
         (pip: shop, of a package that is published, as its metadata says)",
    )
}

#[test]
fn what_package_managers_left_in_their_caches_is_a_warning() -> anyhow::Result<()> {
    let files = vec![
        file("root/.npm/_cacache/content-v2/sha512/ab/cd/ef", MODULE),
        file("root/.cache/pip/http-v2/a/b/c/d/e/abcde.body", MODULE),
    ];
    row!(image(python(), files)).promise("No secrets in image").hides(PASSWORD).looks(
        "pass image.secrets: none in …\n\
         warning: perhaps a secret: URL with a password in `/root/.cache/pip/http-v2/a/b/c/d/e/abcde.body` in layer 2 of 2 \
         (pip: downloads, in its cache of downloads)\n\
         warning: perhaps a secret: URL with a password in `/root/.npm/_cacache/content-v2/sha512/ab/cd/ef` in layer 2 of 2 \
         (npm: downloads, in its cache of downloads)",
    )
}
