//! The Task API beside the original and beside what PostgreSQL can do at most, all in one run.
//!
//! The contestants take turns, each measurement with a process that was just started, and tables that hold the same. All
//! share the machine with the database and the load, as they would with `pgbench`.

mod contestant;
mod figures;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use rustix::process::{Resource, getrlimit, setrlimit};

use crate::load::{self, Operation, Outcome, Plan};
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
    List,
}

impl What {
    const ALL: [Self; 3] = [Self::Read, Self::Create, Self::List];

    fn name(self) -> &'static str {
        match self {
            Self::Read => "read one",
            Self::Create => "create",
            Self::List => "list of 100",
        }
    }

    fn operation(self) -> Operation {
        match self {
            Self::Read => Operation::Read { tasks: TASKS },
            Self::Create => Operation::Create,
            Self::List => Operation::List { path: "/tasks".to_owned(), rows: 100 },
        }
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
            Self::List => format!("SELECT {COLUMNS} FROM task ORDER BY id LIMIT 100;\n"),
        }
    }

    fn tasks(self) -> u64 {
        if self == Self::List { LIST } else { TASKS }
    }
}

/// How often each is measured, if nothing else is said.
pub(crate) const ROUNDS: usize = 3;

/// Measures the binary. `python` is what `bench/original/install` made.
pub(crate) fn measure(binary: &Path, python: &Path, rounds: usize) -> anyhow::Result<String> {
    raise_file_limit()?;
    let contestants = [Contestant::Original, Contestant::Tuned, Contestant::Ours, Contestant::Ceiling];
    for contestant in contestants {
        contestant.check(binary, python)?;
    }
    let postgres = Postgres::start()?;
    let mut bench = Bench { postgres, binary, python, figures: Figures::default() };
    bench.fill()?;
    let before = load_average();
    for round in 0..rounds {
        for clients in [32, 256] {
            for what in What::ALL {
                for turn in 0..contestants.len() {
                    let contestant = contestants[(round + turn) % contestants.len()];
                    let figure = bench.once(contestant, what, clients)?;
                    bench.figures.add(contestant, what, clients, figure);
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
    let (address, operation) = (service.address, what.operation());
    load::run(&Plan { address, operation, clients, warm_up: WARM_UP, time })
}

/// What the load generator gets from a service that costs next to nothing.
fn generator() -> anyhow::Result<String> {
    let responder = load::responder::Responder::start()?;
    let (address, operation) = (responder.address, What::Read.operation());
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
