//! The Task API with few tasks and with many: what grows with the table, and what must not.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};

use crate::load::{self, Operation, Plan, Talk};
use crate::pages;
use crate::postgres::{CONDITIONS, Postgres};
use crate::process::Process;
use crate::tables;

const SIZES: [u64; 3] = [1_000, 100_000, 10_000_000];
/// Rows of one statement that fills a table.
const CHUNK: u64 = 1_000_000;
const PAGE: u64 = 100;
/// The page that is compared with the first.
const FAR_PAGE: u64 = 50_000;
/// The most that one page may hold: the way to the far page is walked in such steps.
const STEP: u64 = 1_000;
const ROUNDS: usize = 9;
/// One client for the latency, and some for the rate.
const CLIENTS: [usize; 2] = [1, 32];
const WARM_UP: Duration = Duration::from_millis(300);
/// How long each table is read at random before anything is measured. A server process takes a fault for each part of the shared
/// buffers that it touches for the first time: 50,000 of them for the largest table, which the connections of a service that has
/// been running for a while have behind them.
const ACQUAINTANCE: Duration = Duration::from_secs(20);
const TIME: Duration = Duration::from_secs(1);

/// Something that is asked for again and again, of one table.
struct Case {
    name: String,
    table: usize,
    operation: Operation,
    /// The case that it is compared with.
    beside: usize,
    /// By the number of clients.
    rates: [Vec<f64>; 2],
    p50s_ms: [Vec<f64>; 2],
    failed: u64,
}

/// Measures the binary.
pub(crate) fn measure(binary: &Path) -> anyhow::Result<String> {
    let binary = &binary.canonicalize().with_context(|| format!("there is no `{}`", binary.display()))?;
    let postgres = Postgres::start()?;
    let mut services = Vec::new();
    for size in SIZES {
        services.push(serve(&postgres, binary, size)?);
    }
    for (service, tasks) in services.iter().zip(SIZES) {
        get_acquainted(service, tasks)?;
    }
    let begun = Instant::now();
    let far = far_page(&services[2])?;
    let walked = begun.elapsed();
    let mut cases = cases(far);
    for round in 0..ROUNDS {
        for turn in 0..cases.len() {
            let at = (round + turn) % cases.len();
            cases[at].measure(&services)?;
        }
    }
    let mut lines = String::new();
    writeln!(lines, "{CONDITIONS}; medians of {ROUNDS} rounds of {} s", TIME.as_secs())?;
    for size in SIZES {
        let bytes = postgres.sql(&database(size), "SELECT pg_size_pretty(pg_total_relation_size('task'))")?;
        writeln!(lines, "{size} tasks: {bytes} with indexes")?;
    }
    writeln!(
        lines,
        "page {FAR_PAGE} was reached by the links of the pages before it, in {:.0} s\n",
        walked.as_secs_f64()
    )?;
    write(&cases, &mut lines)?;
    Ok(lines)
}

fn database(size: u64) -> String {
    format!("tasks_{size}")
}

/// A service with so many tasks.
fn serve(postgres: &Postgres, binary: &Path, size: u64) -> anyhow::Result<Process> {
    let name = database(size);
    postgres.database(&name)?;
    let service = Process::start(|port| {
        let mut command = Command::new(binary);
        command.env("DATABASE_URL", postgres.url(&name)).env("HOST", "127.0.0.1").env("PORT", port.to_string());
        command.current_dir("/");
        command
    })?;
    tables::wait(postgres, &name)?;
    for first in (1..=size).step_by(usize::try_from(CHUNK)?) {
        tables::fill(postgres, &name, first..=size.min(first + CHUNK - 1))?;
    }
    tables::settle(postgres, &name)?;
    tables::wait_for_answer(service.address)?;
    Ok(service)
}

/// Lets the service's connections see all of their table.
fn get_acquainted(service: &Process, tasks: u64) -> anyhow::Result<()> {
    let (address, operation, clients) = (service.address, Operation::Read { tasks }, CLIENTS[1]);
    let outcome = load::run(&Plan { address, operation, clients, warm_up: Duration::ZERO, time: ACQUAINTANCE })?;
    ensure!(outcome.failures.is_empty(), "reading one of {tasks} failed: {:?}", outcome.failures);
    Ok(())
}

/// Where the far page is: its cursor, as the page before it gives it. Walked in large pages, and the last steps in pages
/// of the size that is measured.
fn far_page(service: &Process) -> anyhow::Result<String> {
    let mut talk = Talk::start(service.address)?;
    let before = (FAR_PAGE - 1) * PAGE;
    let mut path = pages::first(STEP);
    for _ in 0..before / STEP {
        path = pages::next(&mut talk, &path)?;
    }
    for _ in 0..before % STEP / PAGE {
        path = pages::next(&mut talk, &pages::with_limit(&path, PAGE)?)?;
    }
    let path = pages::with_limit(&path, PAGE)?;
    let page = talk.get(&path)?;
    let (first, last) = (format!("\"id\":{},", before + 1), format!("\"id\":{},", before + PAGE));
    let text = std::str::from_utf8(page.body)?;
    let objects: Vec<_> = text.split("},{").collect();
    let is_far = objects.len() == 100 && objects[0].contains(&first) && objects[99].contains(&last);
    ensure!(is_far, "`{path}` is not page {FAR_PAGE}");
    Ok(path)
}

fn cases(far: String) -> Vec<Case> {
    let mut cases = Vec::new();
    let mut add = |name: String, table: usize, operation: Operation, beside: usize| {
        let (rates, p50s_ms) = Default::default();
        cases.push(Case { name, table, operation, beside, rates, p50s_ms, failed: 0 });
    };
    for (table, tasks) in SIZES.into_iter().enumerate() {
        add(format!("read one of {tasks}"), table, Operation::Read { tasks }, 0);
    }
    let page = |path: String| Operation::List { paths: vec![path], rows: 100 };
    for (table, tasks) in SIZES.into_iter().enumerate() {
        add(format!("page 1 of {tasks}"), table, page(pages::first(PAGE)), SIZES.len());
    }
    add(format!("page {FAR_PAGE} of {}", SIZES[2]), 2, page(far), 2 * SIZES.len() - 1);
    cases
}

impl Case {
    fn measure(&mut self, services: &[Process]) -> anyhow::Result<()> {
        for (at, clients) in CLIENTS.into_iter().enumerate() {
            let (address, operation) = (services[self.table].address, self.operation.clone());
            let outcome = load::run(&Plan { address, operation, clients, warm_up: WARM_UP, time: TIME })?;
            self.rates[at].push(outcome.rate);
            self.p50s_ms[at].push(outcome.latency_ms(50));
            self.failed += outcome.failures.values().sum::<u64>();
        }
        Ok(())
    }

    /// Of the latency with one client, and of the rate with some.
    fn medians(&self) -> (f64, f64) {
        (median(&self.p50s_ms[0]), median(&self.rates[1]))
    }
}

fn write(cases: &[Case], out: &mut String) -> std::fmt::Result {
    let [one, some] = CLIENTS;
    writeln!(
        out,
        "| | p50 ms, {one} client | to | a second, {some} clients | to | beside | failed |\n| --- | --- | --- | --- | --- | --- | --- |"
    )?;
    for case in cases {
        let ((p50, rate), (p50_beside, rate_beside)) = (case.medians(), cases[case.beside].medians());
        let (to, beside) = (p50 / p50_beside, &cases[case.beside].name);
        writeln!(
            out,
            "| {} | {p50:.3} | {to:.2} | {rate:.0} | {:.2} | {beside} | {} |",
            case.name,
            rate / rate_beside,
            case.failed
        )?;
    }
    Ok(())
}

fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
