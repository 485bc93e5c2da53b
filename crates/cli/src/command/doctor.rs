//! `seaworthy doctor`: why a container does not work.

use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, ValueHint};
use seaworthy_doctor::{Diagnosis, Settings, Subject, Verdict, render};
use seaworthy_engine::{Choice, Docker, Engine, Inspected};
use seaworthy_image::{Image, Platform};

use crate::exit::Exit;
use crate::failure::{self, Failure};
use crate::interruptible::Interruptible;
use crate::output::Output;
use crate::run_args::EngineChoice;
use crate::source::{self, Opened};
use crate::{env, interrupt};

/// Find out why a container or an image does not work: the cause, what shows it, and what to do next
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  seaworthy doctor web                                    a container of Docker or Podman, by name, id or compose service
  seaworthy doctor docker-daemon:shop:1 --env-file .env   an image, as it would run with these variables
  seaworthy doctor oci:image --engine embedded --json     without a daemon

A container that is given is only looked at: nothing is executed in it, and nothing of it changes. What is tried is tried
on copies, which reach nothing but a throwaway PostgreSQL. With --with-real-services a copy reaches the servers that the
variables name, and may write to them. No value of a variable is ever printed.

It exits 0 when no fault is found, 1 when a cause is found, 3 when something is wrong and no cause could be shown,
2 when the work could not be done, 130 when interrupted.")]
pub(crate) struct DoctorArgs {
    /// A container's name, id or compose service; or an image: `docker-daemon:NAME:TAG`, `oci:PATH`, `docker-archive:FILE`,
    /// `oci-archive:FILE`, `HOST/REPO:TAG`
    #[arg(value_name = "CONTAINER | IMAGE")]
    subject: String,

    /// What runs copies of an image: Docker or Podman where one answers, else the embedded engine
    #[arg(long, value_enum, default_value_t = EngineChoice::Auto)]
    engine: EngineChoice,

    /// A variable for copies; `K` alone takes its value from the environment (repeatable)
    // A value may be a secret: it is parsed where no message repeats it.
    #[arg(long, value_name = "K[=V]", value_parser = clap::value_parser!(OsString))]
    env: Vec<OsString>,

    /// A file of `K=V` lines, read as `docker run` reads it: quotes are part of a value; `--env` goes before it
    #[arg(long, value_name = "F", value_hint = ValueHint::FilePath)]
    env_file: Option<PathBuf>,

    /// The container's port that somebody outside asks [default: the published ones, else the exposed ones]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    port: Option<u16>,

    /// A limit on the memory of copies of an image, such as `64MB`
    #[arg(long, value_name = "SIZE")]
    memory: Option<String>,

    /// Give copies of an image a read-only root
    #[arg(long)]
    read_only: bool,

    /// With `--read-only`: a folder of copies that can be written (repeatable)
    #[arg(long, value_name = "PATH")]
    tmpfs: Vec<String>,

    /// Run copies as this user
    #[arg(long, value_name = "UID[:GID]")]
    user: Option<String>,

    /// Which of an image's platforms, such as `linux/arm64` [default: this machine's]
    #[arg(long, value_name = "P")]
    platform: Option<Platform>,

    /// Let copies reach the servers that the variables name: they may write to them
    #[arg(long)]
    with_real_services: bool,

    /// Print one object of JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &DoctorArgs, out: &mut Output) -> anyhow::Result<Exit> {
    let json = args.json;
    let settings = settings(args, out)?;
    if settings.with_real_services {
        out.note("copies reach the servers that the variables name: they may change data, send messages and run migrations there");
    }
    let diagnosis = interrupt::making(|| match container(&args.subject, args.engine)? {
        Some((docker, container)) => of_container(args, docker, container, settings, out),
        None => of_image(args, settings, out),
    })?;
    if json {
        out.data(&render::json(&diagnosis))?;
    } else {
        let style = out.stdout_style();
        out.data(&render::terminal(&diagnosis, style.width, style.color))?;
    }
    Ok(match diagnosis.verdict {
        Verdict::NoFaultFound => Exit::Success,
        Verdict::CauseFound => Exit::Broken,
        Verdict::CauseUnknown => Exit::Unproven,
    })
}

fn settings(args: &DoctorArgs, out: &mut Output) -> anyhow::Result<Settings> {
    let env = env::resolve_raw(&args.env, args.env_file.as_deref(), &|name| std::env::var_os(name))?;
    out.keep_secret(&env);
    let memory = args.memory.as_deref().map(|text| {
        let bytes = seaworthy_spec::size_bytes(text).filter(|&bytes| bytes >= 4_000_000);
        bytes.ok_or_else(|| {
            Failure::new(format!("`--memory {text}` is no size of at least 4 MB")).hint("write it as `64MB` or `1 GB`")
        })
    });
    Ok(Settings {
        env,
        memory_bytes: memory.transpose()?,
        read_only: args.read_only,
        tmpfs: args.tmpfs.clone(),
        user: args.user.clone(),
        port: args.port,
        with_real_services: args.with_real_services,
    })
}

/// The container of that name; none where the text is no name, but an image's source.
fn container(text: &str, engine: EngineChoice) -> anyhow::Result<Option<(Docker, Inspected)>> {
    let is_name = text.chars().all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c));
    if !is_name {
        return Ok(None);
    }
    let images = "an image is named as `docker-daemon:NAME:TAG` or `oci:PATH`";
    let docker = Docker::connect_as(engine.into()).map_err(|error| {
        Failure::new(format!("cannot look for the container `{text}`: {error}"))
            .hint(format!("start Docker or Podman; {images}"))
    })?;
    let found = docker.inspect(text)?.ok_or_else(|| {
        Failure::new(format!("there is no container `{text}`"))
            .hint(format!("`docker ps --all` lists the containers; {images}"))
    })?;
    Ok(Some((docker, found)))
}

/// Copies of a container run where it runs.
fn of_container(
    args: &DoctorArgs,
    docker: Docker,
    container: Inspected,
    settings: Settings,
    out: &mut Output,
) -> anyhow::Result<Diagnosis> {
    if args.engine == EngineChoice::Embedded {
        return Err(Failure::new(format!(
            "`{}` is a container of a daemon, and `--engine embedded` has none",
            args.subject
        ))
        .hint("leave `--engine` out: copies run where the container runs")
        .into());
    }
    out.begins("taking the container's image from the daemon");
    let (image, _folder) = source::of_daemon(&docker, &container.image)?;
    let helper = std::env::current_exe().context("cannot find this program's own file")?;
    let engine = Interruptible(Box::new(docker.with_helper(helper)) as Box<dyn Engine>);
    let subject = Subject { name: args.subject.clone(), image: &image, container: Some(container), settings };
    examined(&subject, &engine, out)
}

fn of_image(args: &DoctorArgs, settings: Settings, out: &mut Output) -> anyhow::Result<Diagnosis> {
    let source = source::parse(&args.subject)?;
    let opened: Opened = source::open(&source, args.platform.as_ref(), out)?;
    let helper = std::env::current_exe().context("cannot find this program's own file")?;
    let chosen = seaworthy_engine::choose(Choice::from(args.engine), &helper)?;
    if let Some(note) = &chosen.note {
        out.note(&failure::without_passwords(note));
    }
    let engine = Interruptible(chosen.engine);
    let image: &Image = &opened.image;
    let subject = Subject { name: args.subject.clone(), image, container: None, settings };
    examined(&subject, &engine, out)
}

fn examined(subject: &Subject<'_>, engine: &dyn Engine, out: &mut Output) -> anyhow::Result<Diagnosis> {
    let since = out.since();
    let mut on_step = |step: &str| {
        interrupt::check();
        out.begins(step);
    };
    Ok(seaworthy_doctor::examine(subject, engine, since, &mut on_step)?)
}
