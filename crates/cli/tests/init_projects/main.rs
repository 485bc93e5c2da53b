//! Projects to which `init` writes a specification and a Dockerfile: each is built and keeps every promise but the one about its base.
//!
//! No image can be pulled here, so that stand-ins made of Debian's packages take the bases' places in the Dockerfile. A stand-in is not what
//! the promise names, and must break it. Packages are installed over the network: `scripts/init-projects` runs these tests.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context as _, ensure};
use seaworthy_testkit::{debian_builder, debian_image, python_builder, python_image, stand_in, workspace};
use serde_json::Value;

/// What only a registry or another machine decides.
const ELSEWHERE: [&str; 2] = ["registry.pushed", "machine.different"];
const INSTALL: &str = "apt-get install -y -qq --no-install-recommends";

/// Images in the places of the bases: of the stage that builds, and of the last one.
struct StandIns {
    build: String,
    run: String,
    /// What becomes of the promise about the base: broken, where what is in that base is known; else nothing shows it.
    base: &'static str,
}

/// Writes the files, builds, and holds the image to what was written.
fn keeps_all_but_the_base(project: &Path, stand_ins: &StandIns) -> anyhow::Result<()> {
    let name = project.file_name().context("a name")?;
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("init").join(name);
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    copy(project, &folder)?;
    let told = call(&folder, &["init"])?;
    ensure!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    let path = folder.join("Dockerfile");
    fs::write(&path, with_stand_ins(&fs::read_to_string(&path)?, stand_ins))?;

    let output = call(&folder, &["ship", "--engine", "docker", "--report", "json=-"])?;
    let said = || String::from_utf8_lossy(&output.stderr).into_owned();
    let report: Value = serde_json::from_slice(&output.stdout).with_context(said)?;
    let criteria = report["criteria"].as_array().context("criteria")?;
    ensure!(criteria.len() > 9, "{report:#}");
    for criterion in criteria {
        let check = criterion["check"].as_str().unwrap_or_default();
        let expected = match check {
            "image.base" => stand_ins.base,
            _ if ELSEWHERE.contains(&check) => "pending",
            _ => "pass",
        };
        let evidence = &criterion["evidence"];
        ensure!(criterion["verdict"] == expected, "{check} is {}, not {expected}: {evidence}", criterion["verdict"]);
    }
    let bases = criteria.iter().filter(|criterion| criterion["check"] == "image.base").count();
    ensure!(bases == 1, "{bases} promises about the base");
    Ok(())
}

fn call(folder: &Path, arguments: &[&str]) -> anyhow::Result<Output> {
    Ok(Command::new(env!("CARGO_BIN_EXE_seaworthy")).current_dir(folder).args(arguments).output()?)
}

fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}

fn with_stand_ins(dockerfile: &str, stand_ins: &StandIns) -> String {
    let line = |line: &str| match line.strip_prefix("FROM ") {
        Some(base) if base.ends_with(" AS build") => format!("FROM {} AS build\n", stand_ins.build),
        Some(_) => format!("FROM {}\n", stand_ins.run),
        None => format!("{line}\n"),
    };
    dockerfile.lines().map(line).collect()
}

fn project(name: &str) -> PathBuf {
    workspace().join("crates/init/tests/projects").join(name)
}

/// Python as its images have it: `python`, and what the project names as wheels, so that its build needs no network.
fn python(requirements: &str) -> anyhow::Result<StandIns> {
    let link = "RUN ln -s python3 /usr/bin/python\n";
    Ok(StandIns {
        build: stand_in("init-python-builder", &format!("FROM {}\n{link}", python_builder(requirements)?))?,
        run: stand_in("init-python", &format!("FROM {}\n{link}", python_image()?))?,
        base: "fail",
    })
}

fn on_debian(what: &str, from: &str, packages: &str, then: &str) -> anyhow::Result<String> {
    let clean = "rm -rf /var/lib/apt/lists/* /var/cache/apt/*";
    stand_in(what, &format!("FROM {from}\nRUN apt-get update -qq && {INSTALL} {packages} && {clean}\n{then}"))
}

fn node() -> anyhow::Result<StandIns> {
    let run = on_debian("init-node", &debian_image()?, "nodejs", "RUN useradd --uid 1000 node\n")?;
    Ok(StandIns { build: run.clone(), run, base: "fail" })
}

/// As small as Alpine, and with its `wget`.
fn busybox() -> anyhow::Result<String> {
    let debian = debian_image()?;
    stand_in(
        "init-busybox",
        &format!(
            "FROM {debian} AS packages\nRUN apt-get update -qq && {INSTALL} busybox-static\nFROM scratch\n\
             COPY --from=packages /bin/busybox /bin/busybox\nRUN [\"/bin/busybox\", \"--install\", \"-s\", \"/bin\"]\n\
             RUN mkdir -m 1777 /tmp && mkdir -p /etc && echo 'ID=debian' >/etc/os-release\n"
        ),
    )
}

#[test]
#[ignore = "installs packages over the network: scripts/init-projects"]
fn the_original_service() -> anyhow::Result<()> {
    let original = workspace().join("bench/original");
    keeps_all_but_the_base(&original, &python(&fs::read_to_string(original.join("requirements.txt"))?)?)
}

#[test]
#[ignore = "installs packages over the network: scripts/init-projects"]
fn fastapi_with_postgresql() -> anyhow::Result<()> {
    let folder = project("fastapi-requirements");
    keeps_all_but_the_base(&folder, &python(&fs::read_to_string(folder.join("requirements.txt"))?)?)
}

#[test]
#[ignore = "installs packages over the network: scripts/init-projects"]
fn starlette_whose_server_the_dockerfile_installs() -> anyhow::Result<()> {
    let folder = project("starlette-pip");
    let text = fs::read_to_string(folder.join("requirements.txt"))?;
    keeps_all_but_the_base(&folder, &python(&format!("{text}\nuvicorn==0.54.0\n"))?)
}

#[test]
#[ignore = "installs packages over the network: scripts/init-projects"]
fn flask_behind_gunicorn() -> anyhow::Result<()> {
    let folder = project("flask-pip");
    keeps_all_but_the_base(&folder, &python(&fs::read_to_string(folder.join("requirements.txt"))?)?)
}

#[test]
#[ignore = "installs packages over the network: scripts/init-projects"]
fn a_python_worker_without_packages() -> anyhow::Result<()> {
    keeps_all_but_the_base(&project("python-worker"), &python("six==1.17.0\n")?)
}

#[test]
#[ignore = "installs packages over the network: scripts/init-projects"]
fn node_without_packages() -> anyhow::Result<()> {
    keeps_all_but_the_base(&project("node-plain"), &node()?)
}

#[test]
#[ignore = "installs packages over the network: scripts/init-projects"]
fn a_node_worker() -> anyhow::Result<()> {
    keeps_all_but_the_base(&project("node-worker"), &node()?)
}

#[test]
#[ignore = "installs packages over the network: scripts/init-projects"]
fn go_with_its_own_server() -> anyhow::Result<()> {
    let stand_ins =
        StandIns { build: on_debian("init-go", &debian_builder()?, "golang-go", "")?, run: busybox()?, base: "fail" };
    keeps_all_but_the_base(&project("go-nethttp"), &stand_ins)
}

#[test]
#[ignore = "installs packages over the network: scripts/init-projects"]
fn a_static_site_behind_nginx() -> anyhow::Result<()> {
    let then = "RUN printf 'pid /tmp/nginx.pid;\\nerror_log /dev/stderr;\\nevents {}\\nhttp {\\n include /etc/nginx/mime.types;\\n access_log \
                /dev/stdout;\\n client_body_temp_path /tmp/client;\\n proxy_temp_path /tmp/proxy;\\n fastcgi_temp_path /tmp/fastcgi;\\n \
                uwsgi_temp_path /tmp/uwsgi;\\n scgi_temp_path /tmp/scgi;\\n server { listen 8080; root /usr/share/nginx/html; }\\n}\\n' \
                >/etc/nginx/nginx.conf && rm -rf /var/log/nginx /usr/share/nginx/html/*\n\
                STOPSIGNAL SIGQUIT\nUSER 101\nCMD [\"nginx\", \"-g\", \"daemon off;\"]\n";
    let run = on_debian("init-nginx", &debian_image()?, "nginx-light wget", then)?;
    keeps_all_but_the_base(&project("static-site"), &StandIns { build: run.clone(), run, base: "unproven" })
}
