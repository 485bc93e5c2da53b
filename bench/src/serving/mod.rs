//! The Task API beside the original and beside what PostgreSQL can do at most, all in one run.
//!
//! The contestants take turns, each measurement with a process that was just started, and tables that hold the same. All
//! share the machine with the database and the load, as they would with `pgbench`.

mod contestant;
mod figures;
mod original;

use std::fmt::Write as _;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use rustix::process::{Resource, getrlimit, setrlimit};

use crate::load::{self, Operation, Outcome, Plan, Talk};
use crate::pages;
use crate::postgres::{CONDITIONS, Postgres};
use crate::process::Process;
use crate::tables;
use contestant::Contestant;
use figures::{Figures, Round};

/// Tasks that one is read from.
const TASKS: u64 = 100_000;
/// Tasks where lists are measured: the original knows no pages.
const LIST: u64 = 100;
const WARM_UP: Duration = Duration::from_secs(1);
const TIME: Duration = Duration::from_secs(4);
/// The same pace for all that has no warm-up of its own.
const PGBENCH_TIME: Duration = Duration::from_secs(5);

/// What is asked for, and by how many at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum What {
    Read,
    Create,
    /// Of all tasks there are, the same for everybody.
    List,
    /// One of many pages, for the original has none: a service that answers equal questions once gains nothing here.
    Page,
}

impl What {
    const ALL: [Self; 4] = [Self::Read, Self::Create, Self::List, Self::Page];

    fn name(self) -> &'static str {
        match self {
            Self::Read => "read one",
            Self::Create => "create",
            Self::List => "list of 100",
            Self::Page => "page of 100 at random",
        }
    }

    /// What the clients of the service at `address` do.
    fn operation(self, address: SocketAddr) -> anyhow::Result<Operation> {
        let rows = usize::try_from(LIST)?;
        Ok(match self {
            Self::Read => Operation::Read { tasks: TASKS },
            Self::Create => Operation::Create,
            Self::List => Operation::List { paths: vec!["/tasks".to_owned()], rows },
            Self::Page => {
                let (mut talk, mut paths) = (Talk::start(address)?, vec![pages::first(LIST)]);
                for at in 1..usize::try_from(TASKS / LIST)? {
                    paths.push(pages::next(&mut talk, &paths[at - 1])?);
                }
                Operation::List { paths, rows }
            }
        })
    }

    /// Whether the contestant can do it at all.
    fn is_for(self, contestant: Contestant) -> bool {
        self != Self::Page || matches!(contestant, Contestant::Ours | Contestant::Ceiling)
    }

    /// The same for `pgbench`.
    fn script(self) -> String {
        const COLUMNS: &str = "id, title, description, status, created_at";
        match self {
            Self::Read => format!("\\set id random(1, {TASKS})\nSELECT {COLUMNS} FROM task WHERE id = :id;\n"),
            Self::Create => format!(
                "\\set number random(1, 1000000000000)\nINSERT INTO task (title, description, status) \
                 VALUES ('New task ' || :number, 'made to see how long that takes', 'pending') RETURNING {COLUMNS};\n"
            ),
            Self::List => format!("SELECT {COLUMNS} FROM task ORDER BY id LIMIT {LIST};\n"),
            Self::Page => format!(
                "\\set page random(0, {})\nSELECT {COLUMNS} FROM task WHERE id > :page * {LIST} ORDER BY id LIMIT {LIST};\n",
                TASKS / LIST - 1
            ),
        }
    }

    fn tasks(self) -> u64 {
        if self == Self::List { LIST } else { TASKS }
    }
}

/// How often each is measured, if nothing else is said.
pub(crate) const ROUNDS: usize = 3;

/// Measures the binary.
pub(crate) fn measure(binary: &Path, rounds: usize) -> anyhow::Result<String> {
    raise_file_limit()?;
    let contestants = [Contestant::Original, Contestant::Tuned, Contestant::Ours, Contestant::Ceiling];
    let binary = &binary.canonicalize().with_context(|| format!("there is no `{}`", binary.display()))?;
    let python = &original::install()?;
    let postgres = Postgres::start()?;
    let mut bench = Bench { postgres, binary, python, figures: Figures::default() };
    bench.fill()?;
    let before = load_average();
    for round in 0..rounds {
        for clients in [32, 256] {
            for what in What::ALL {
                for turn in 0..contestants.len() {
                    let contestant = contestants[(round + turn) % contestants.len()];
                    if what.is_for(contestant) {
                        let figure = bench.once(contestant, what, clients)?;
                        bench.figures.add(contestant, what, clients, figure);
                    }
                }
            }
        }
    }
    let crowd = bench.crowd()?;
    let generator = generator()?;
    let mut lines = String::new();
    writeln!(
        lines,
        "{CONDITIONS}; {TASKS} tasks, lists from {LIST}; medians of {rounds} rounds of {} s",
        TIME.as_secs()
    )?;
    writeln!(lines, "load average {before} before, {} after\n", load_average())?;
    bench.figures.write(&mut lines)?;
    writeln!(lines, "\n{crowd}\nThe load generator alone, answered by a service that does nothing: {generator}")?;
    Ok(lines)
}

/// The load of one measurement alone, on a service that runs already: for whoever looks at it with other tools.
pub(crate) fn load(address: &str, what: &str, clients: &str) -> anyhow::Result<String> {
    raise_file_limit()?;
    let what = What::ALL.into_iter().find(|it| it.name().starts_with(what));
    let what = what.context("expected `read`, `create`, `list` or `page`")?;
    let address = address.parse()?;
    let (operation, clients) = (what.operation(address)?, clients.parse()?);
    let outcome = load::run(&Plan { address, operation, clients, warm_up: WARM_UP, time: TIME })?;
    let [p50, p99, longest] = [50, 99, 100].map(|percent| outcome.latency_ms(percent));
    Ok(format!(
        "{:.0} a second, p50 {p50:.2} ms, p99 {p99:.2} ms, longest {longest:.2} ms, {} answered in all, failed: {:?}\n",
        outcome.rate, outcome.answered, outcome.failures
    ))
}

struct Bench<'a> {
    postgres: Postgres,
    binary: &'a Path,
    python: &'a Path,
    figures: Figures,
}

impl Bench<'_> {
    /// Lets each service make its tables, and fills them.
    fn fill(&self) -> anyhow::Result<()> {
        for contestant in [Contestant::Original, Contestant::Ours] {
            for tasks in [TASKS, LIST] {
                let name = contestant.database(tasks);
                self.postgres.database(&name)?;
                let service = self.start(contestant, tasks)?;
                tables::wait(&self.postgres, &name)?;
                drop(service);
                tables::fill(&self.postgres, &name, 1..=tasks)?;
                tables::settle(&self.postgres, &name)?;
            }
        }
        Ok(())
    }

    fn start(&self, contestant: Contestant, tasks: u64) -> anyhow::Result<Process> {
        let url = self.postgres.url(&contestant.database(tasks));
        Process::start(|port| contestant.command(self.binary, self.python, &url, port))
    }

    fn once(&self, contestant: Contestant, what: What, clients: usize) -> anyhow::Result<Round> {
        let database = contestant.database(what.tasks());
        let round = if contestant == Contestant::Ceiling {
            self.postgres.pgbench(&database, &what.script(), clients, PGBENCH_TIME)?.into()
        } else {
            let service = self.start(contestant, what.tasks())?;
            tables::wait_for_answer(service.address)?;
            let mut outcome = run(&service, what, clients, TIME)?;
            drop(service);
            if what == What::Create {
                self.count(&database, &mut outcome)?;
            }
            Round::from(outcome)
        };
        if what == What::Create {
            self.postgres.sql(&database, &format!("DELETE FROM task WHERE id > {TASKS}"))?;
            tables::settle(&self.postgres, &database)?;
        }
        Ok(round)
    }

    /// Compares the tasks that were made with those that are there: each once, whoever was told so.
    fn count(&self, database: &str, outcome: &mut Outcome) -> anyhow::Result<()> {
        let count: u64 =
            self.postgres.sql(database, &format!("SELECT count(*) FROM task WHERE id > {TASKS}"))?.parse()?;
        let unknown: u64 = outcome.failures.values().sum();
        if count < outcome.answered {
            outcome.failures.insert("created, and is not there".to_owned(), outcome.answered - count);
        } else if count > outcome.answered + unknown {
            outcome.failures.insert("there, and was not created".to_owned(), count - outcome.answered - unknown);
        }
        Ok(())
    }

    /// All of it on one process of ours, and then a thousand clients: what it holds at most, and whom it loses.
    fn crowd(&self) -> anyhow::Result<String> {
        const CROWD: usize = 1000;
        let service = self.start(Contestant::Ours, TASKS)?;
        tables::wait_for_answer(service.address)?;
        let mut failed = 0;
        for what in What::ALL {
            failed += run(&service, what, 256, TIME)?.failures.values().sum::<u64>();
        }
        let usual = service.peak_mb()?;
        let outcome = run(&service, What::Read, CROWD, TIME)?;
        let (peak, lost) = (service.peak_mb()?, outcome.failures.values().sum::<u64>());
        Ok(format!(
            "The Task API, one process, after 256 clients read, created and listed: {usual:.1} MB of memory at its highest \
             (wanted: under 40), {failed} failed\nThen {CROWD} clients read: {:.0} a second, p50 {:.1} ms, p99 {:.1} ms, longest {:.1} ms, \
             {} answered, {lost} failed {:?}, {peak:.1} MB",
            outcome.rate,
            outcome.latency_ms(50),
            outcome.latency_ms(99),
            outcome.latency_ms(100),
            outcome.answered,
            outcome.failures,
        ))
    }
}

fn run(service: &Process, what: What, clients: usize, time: Duration) -> anyhow::Result<Outcome> {
    let (address, operation) = (service.address, what.operation(service.address)?);
    load::run(&Plan { address, operation, clients, warm_up: WARM_UP, time })
}

/// What the load generator gets from a service that costs next to nothing.
fn generator() -> anyhow::Result<String> {
    let responder = load::responder::Responder::start()?;
    let (address, operation) = (responder.address, What::Read.operation(responder.address)?);
    let outcome = load::run(&Plan { address, operation, clients: 32, warm_up: WARM_UP, time: TIME })?;
    ensure!(outcome.failures.is_empty(), "the responder failed: {:?}", outcome.failures);
    Ok(format!("{:.0} a second with 32 clients", outcome.rate))
}

/// Each client of a crowd is an open file, here and in the service.
fn raise_file_limit() -> anyhow::Result<()> {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    setrlimit(Resource::Nofile, limit).context("cannot open enough files")
}

fn load_average() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().unwrap_or_default().to_owned()
}
