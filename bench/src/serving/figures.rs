//! The figures of all rounds, and the tables that show them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::What;
use super::contestant::Contestant;
use crate::load::Outcome;
use crate::postgres::Pgbench;

/// One measurement.
#[derive(Debug, Default)]
pub(super) struct Round {
    rate: f64,
    p50_ms: Option<f64>,
    p99_ms: Option<f64>,
    /// `pgbench` says no more.
    mean_ms: Option<f64>,
    failures: BTreeMap<String, u64>,
}

impl From<Outcome> for Round {
    fn from(outcome: Outcome) -> Self {
        let ms = |percent| Some(outcome.latency_ms(percent)).filter(|ms| !ms.is_nan());
        let (p50_ms, p99_ms) = (ms(50), ms(99));
        Self { rate: outcome.rate, p50_ms, p99_ms, mean_ms: None, failures: outcome.failures }
    }
}

impl From<Pgbench> for Round {
    fn from(pgbench: Pgbench) -> Self {
        let failures = (pgbench.failed > 0).then(|| ("failed transaction".to_owned(), pgbench.failed));
        let (mean_ms, failures) = (Some(pgbench.mean_ms), failures.into_iter().collect());
        Self { rate: pgbench.rate, mean_ms, failures, ..Self::default() }
    }
}

/// All measurements.
#[derive(Debug, Default)]
pub(super) struct Figures(BTreeMap<(usize, What, Contestant), Vec<Round>>);

/// How many times as much as somebody else.
struct Wanted {
    clients: usize,
    what: What,
    beside: Contestant,
    times: f64,
}

const WANTED: [Wanted; 8] = [
    Wanted { clients: 32, what: What::Read, beside: Contestant::Original, times: 60.0 },
    Wanted { clients: 32, what: What::Read, beside: Contestant::Tuned, times: 25.0 },
    Wanted { clients: 32, what: What::Read, beside: Contestant::Ceiling, times: 0.6 },
    Wanted { clients: 256, what: What::Read, beside: Contestant::Ceiling, times: 0.8 },
    Wanted { clients: 32, what: What::Create, beside: Contestant::Original, times: 35.0 },
    Wanted { clients: 32, what: What::Create, beside: Contestant::Ceiling, times: 0.7 },
    Wanted { clients: 32, what: What::List, beside: Contestant::Original, times: 25.0 },
    Wanted { clients: 32, what: What::List, beside: Contestant::Ceiling, times: 0.3 },
];
/// For one to be read, with 256 clients.
const WANTED_P99_MS: f64 = 25.0;

impl Figures {
    pub(super) fn add(&mut self, contestant: Contestant, what: What, clients: usize, round: Round) {
        self.0.entry((clients, what, contestant)).or_default().push(round);
    }

    pub(super) fn write(&self, out: &mut String) -> std::fmt::Result {
        writeln!(
            out,
            "| clients | | | a second (lowest to highest) | p50 ms | p99 ms | failed |\n| --- | --- | --- | --- | --- | --- | --- |"
        )?;
        for ((clients, what, contestant), rounds) in &self.0 {
            let rates = sorted(rounds.iter().map(|round| round.rate));
            let latency = latency(rounds);
            writeln!(
                out,
                "| {clients} | {} | {} | {:.0} ({:.0} to {:.0}) | {latency} | {} |",
                what.name(),
                contestant.name(),
                median(&rates),
                rates.first().unwrap_or(&f64::NAN),
                rates.last().unwrap_or(&f64::NAN),
                failures(rounds),
            )?;
        }
        writeln!(out, "\n| clients | Task API | to | times | wanted |\n| --- | --- | --- | --- | --- |")?;
        for Wanted { clients, what, beside, times } in &WANTED {
            let (ours, theirs) = (self.rate(*clients, *what, Contestant::Ours), self.rate(*clients, *what, *beside));
            writeln!(out, "| {clients} | {} | {} | {:.2} | {times} |", what.name(), beside.name(), ours / theirs)?;
        }
        let p99 = self.0.get(&(256, What::Read, Contestant::Ours));
        let p99 = sorted(p99.into_iter().flatten().filter_map(|round| round.p99_ms));
        writeln!(out, "\np99 of read one with 256 clients: {:.1} ms (wanted: under {WANTED_P99_MS})", median(&p99))
    }

    fn rate(&self, clients: usize, what: What, contestant: Contestant) -> f64 {
        let rounds = self.0.get(&(clients, what, contestant));
        median(&sorted(rounds.into_iter().flatten().map(|round| round.rate)))
    }
}

/// The medians of the columns for p50 and p99.
fn latency(rounds: &[Round]) -> String {
    let of = |pick: fn(&Round) -> Option<f64>| sorted(rounds.iter().filter_map(pick));
    let shown = |before: &str, values: &[f64]| match values {
        [] => String::new(),
        _ => format!("{before}{:.2}", median(values)),
    };
    let (p50, mean) = (shown("", &of(|round| round.p50_ms)), shown("mean ", &of(|round| round.mean_ms)));
    format!("{p50}{mean} | {}", shown("", &of(|round| round.p99_ms)))
}

fn failures(rounds: &[Round]) -> String {
    let mut all: BTreeMap<&str, u64> = BTreeMap::new();
    for (what, count) in rounds.iter().flat_map(|round| &round.failures) {
        *all.entry(what).or_default() += count;
    }
    let all: Vec<_> = all.iter().map(|(what, count)| format!("{count} × {what}")).collect();
    if all.is_empty() { "none".to_owned() } else { all.join(", ") }
}

fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    values
}

/// The middle one of sorted values.
fn median(values: &[f64]) -> f64 {
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_show_medians_ratios_and_what_failed() {
        let mut figures = Figures::default();
        for rate in [300.0, 100.0, 200.0] {
            let round = |rate, failures: &[(&str, u64)]| Round {
                rate,
                p50_ms: Some(1.0),
                p99_ms: Some(2.0),
                mean_ms: None,
                failures: failures.iter().map(|(what, count)| ((*what).to_owned(), *count)).collect(),
            };
            figures.add(Contestant::Ours, What::Read, 32, round(rate * 6.0, &[]));
            figures.add(Contestant::Ceiling, What::Read, 32, round(rate * 10.0, &[("status 503", 2)]));
        }
        let mut silent = Outcome::default();
        silent.failures.insert("no answer".to_owned(), 9);
        figures.add(Contestant::Original, What::Read, 256, silent.into());
        figures.add(Contestant::Ceiling, What::List, 32, Pgbench { rate: 5.0, mean_ms: 0.5, failed: 0 }.into());
        let mut text = String::new();
        figures.write(&mut text).unwrap();
        assert!(text.contains("| 256 | read one | original as shipped | 0 (0 to 0) |  |  | 9 × no answer |"), "{text}");
        assert!(text.contains("| 32 | list of 100 | pgbench | 5 (5 to 5) | mean 0.50 |  | none |"), "{text}");
        assert!(text.contains("| 32 | read one | Task API | 1200 (600 to 1800) | 1.00 | 2.00 | none |"), "{text}");
        assert!(
            text.contains("| 32 | read one | pgbench | 2000 (1000 to 3000) | 1.00 | 2.00 | 6 × status 503 |"),
            "{text}"
        );
        assert!(text.contains("| 32 | read one | pgbench | 0.60 | 0.6 |"), "{text}");
    }
}
