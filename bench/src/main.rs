//! What is measured, one command each. Figures and how to repeat them: `bench/README.md`.

mod container;
mod growth;
mod load;
mod measure;
mod pages;
mod postgres;
mod process;
mod push;
mod service;
mod serving;
mod tables;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};

const USAGE: &str = "usage: seaworthy-bench service BINARY | container LAYOUT | push [LAYOUT] | serving BINARY [ROUNDS]
       | load ADDRESS read|create|list|page CLIENTS | growth BINARY

service BINARY     the Task API as a process, on SQLite: start to the first 200 on /health, memory when idle
container LAYOUT   an image on the embedded engine: start to the first 200 on /health, sizes
push [LAYOUT]      an image to and from Debian's docker-registry, beside skopeo; without LAYOUT one of 500 MB in four layers
serving BINARY [ROUNDS]
                   the Task API on PostgreSQL beside the original, which is installed for it, and pgbench
load ADDRESS read|create|list|page CLIENTS
                   the load of it alone, on a service that runs already and has 100,000 tasks, for lists 100
growth BINARY      the Task API on PostgreSQL with a thousand tasks and with ten million
";

fn main() -> anyhow::Result<ExitCode> {
    if let Some(code) = seaworthy_engine::helper(std::env::args_os()) {
        return Ok(code);
    }
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let path = arguments.get(1).map(PathBuf::from);
    let name = || arguments.get(2).context(USAGE);
    let lines = match (arguments.first().map(String::as_str), path) {
        (Some("service"), Some(binary)) => service::measure(&binary)?,
        (Some("container"), Some(layout)) => container::measure(&layout)?,
        (Some("push"), Some(layout)) => push::measure(&layout)?,
        (Some("push"), None) => push::measure_large()?,
        (Some("serving"), Some(binary)) => {
            let rounds = arguments.get(2).map_or(Ok(serving::ROUNDS), |rounds| rounds.parse())?;
            serving::measure(&binary, rounds)?
        }
        (Some("load"), Some(_)) => {
            let argument = |at: usize| arguments.get(at).context(USAGE);
            serving::load(argument(1)?, argument(2)?, argument(3)?)?
        }
        (Some("growth"), Some(binary)) => growth::measure(&binary)?,
        (Some("push-once"), Some(layout)) => push::push_once(&layout, name()?).map(|()| String::new())?,
        (Some("pull-once"), Some(folder)) => push::pull_once(&folder, name()?).map(|()| String::new())?,
        (Some("respond"), None) => load::responder::serve(std::io::stdout()).map(|()| String::new())?,
        _ => bail!("{USAGE}"),
    };
    std::io::stdout().write_all(lines.as_bytes()).context("cannot write the figures")?;
    Ok(ExitCode::SUCCESS)
}
