//! How the project is built: the arguments that `build` and `ship` share.

use std::ffi::OsString;
use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, ValueHint};
use seaworthy_build::{Argument, BuildOptions, OptionError, Secret};

use crate::failure::Failure;

/// How the project is built. What is not given here may stand in its files.
#[derive(Debug, Args)]
#[command(next_help_heading = "Build")]
pub(crate) struct DockerfileArgs {
    /// Build with this Dockerfile, also a Rust package [default: `Dockerfile` where there is no Cargo package]
    #[arg(long, value_name = "PATH", value_hint = ValueHint::FilePath)]
    file: Option<PathBuf>,

    /// The stage of the Dockerfile that becomes the image; for a Rust package the target to compile for, such as
    /// `x86_64-unknown-linux-musl` [default: the last stage; this machine's target, statically]
    #[arg(long, value_name = "NAME")]
    target: Option<String>,

    /// A value for an `ARG` of the Dockerfile; `K` alone takes it from the environment (repeatable)
    // A value may be a secret: it is parsed where no message repeats it.
    #[arg(long, value_name = "K[=V]", value_parser = clap::value_parser!(OsString))]
    build_arg: Vec<OsString>,

    /// The network of the Dockerfile's steps: `host`, `none`, or another that the daemon knows
    #[arg(long, value_name = "MODE")]
    network: Option<String>,

    /// A secret file for `RUN --mount=type=secret`: refused, since the classic builder, which builds here, mounts none
    #[arg(long, value_name = "ID=FILE", value_parser = clap::value_parser!(OsString))]
    build_secret: Vec<OsString>,
}

impl DockerfileArgs {
    /// The options, without values from the environment.
    ///
    /// # Errors
    ///
    /// Fails if one has not its form.
    pub(crate) fn options(self) -> Result<BuildOptions, Failure> {
        Ok(BuildOptions {
            file: self.file.map(|file| std::path::absolute(&file).unwrap_or(file)),
            target: self.target,
            args: all::<Argument>("--build-arg", &self.build_arg, &OptionError::Argument)?,
            network: self.network,
            secrets: all::<Secret>("--build-secret", &self.build_secret, &OptionError::Secret)?,
        })
    }
}

fn all<T: FromStr<Err = OptionError>>(
    option: &str,
    texts: &[OsString],
    not_text: &OptionError,
) -> Result<Vec<T>, Failure> {
    let one = |(index, text): (usize, &OsString)| {
        let parsed = text.to_str().map_or_else(|| Err(not_text.clone()), str::parse);
        parsed.map_err(|error| Failure::new(format!("the {}. `{option}` is not understood: {error}", index + 1)))
    };
    texts.iter().enumerate().map(one).collect()
}
