//! Stand-ins for the `python` images that Dockerfiles of other people's services begin with: Debian's Python on [`debian_image`].

use std::fmt::Write as _;

use crate::debian::{debian_builder, debian_image};
use crate::docker::build;
use crate::rust_image::{is_there, name};

/// The reference of the stand-in, made when the engine does not have it yet.
///
/// # Errors
///
/// Fails where Docker or debootstrap is missing, or Debian's packages cannot be fetched.
pub fn python_image() -> anyhow::Result<String> {
    stand_in("python", &format!("FROM {}\n{}", debian_image()?, install("python3")))
}

/// [`python_image`] for the stages that install packages: with `venv`, and with what `requirements` names as wheels, so that `pip install`
/// needs no network.
///
/// # Errors
///
/// As [`python_image`], and where Python's packages cannot be fetched.
pub fn python_builder(requirements: &str) -> anyhow::Result<String> {
    let mut dockerfile = format!("FROM {}\n{}", debian_builder()?, install("python3-venv"));
    let wanted: Vec<_> = requirements.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    let _ = write!(
        dockerfile,
        "RUN python3 -m venv /pip && /pip/bin/pip download -q -d /wheels {} && rm -rf /pip /root/.cache\n\
         RUN printf '[global]\\nno-index = true\\nfind-links = /wheels\\ndisable-pip-version-check = true\\n' >/etc/pip.conf\n",
        wanted.join(" ")
    );
    stand_in("python-builder", &dockerfile)
}

fn install(package: &str) -> String {
    format!(
        "RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends {package} \\\n \
         && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/*\n"
    )
}

/// An image of this Dockerfile, which copies nothing; made when the engine does not have it yet.
///
/// # Errors
///
/// Fails, with what the build said, where Docker is missing or a step fails.
pub fn stand_in(what: &str, dockerfile: &str) -> anyhow::Result<String> {
    let reference = name(what, &[dockerfile.as_bytes()]);
    if !is_there(&reference) {
        build(&reference, dockerfile)?;
    }
    Ok(reference)
}
