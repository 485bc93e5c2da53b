//! What several results say together about each promise, for one image and one specification.
//!
//! A machine's newer result replaces its older ones, and nothing else: no machine speaks for another, whatever its clock says.
//! What is replaced breaks nothing any more; what it kept stays kept where the newer one only did not look (it has no sources, no
//! engine), and is broken where that one breaks it.
//! A result whose time cannot be right (later than now, or before the image was built) replaces none and is replaced by none,
//! so that neither a wrong clock nor an invented date hides a failure of the same machine. A result without a machine's id is
//! one of its own, and so is each of several that one machine dated alike.

use std::collections::{BTreeMap, BTreeSet};
use std::time::SystemTime;

use jiff::{SignedDuration, Timestamp};
use seaworthy_image::Digest;
use seaworthy_report::{Built, Criterion, Options, Report, Summary, Verdict};

use crate::{Proof, Signature, contract};

/// How far two clocks that are right may differ.
const CLOCKS_DIFFER: SignedDuration = SignedDuration::from_mins(5);

/// The check that another machine decides.
const DIFFERENT_MACHINE: &str = "machine.different";
const RUN: &str = "run";

/// The results about one image, and what they say together.
#[derive(Debug)]
pub struct Standing<'a> {
    /// Newest first; those whose time is in doubt last.
    pub results: Vec<Entry<'a>>,
    /// The digest of the specification's text: of the one asked for, else of the newest result's.
    pub spec: Option<String>,
    /// In the order of the specification.
    pub promises: Vec<Promise<'a>>,
    pub summary: Summary,
}

/// One result, and whether it counts.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    pub proof: &'a Proof,
    pub weight: Weight,
    /// Why its time cannot be right.
    pub doubt: Option<Doubt>,
}

/// Whether a result counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    Counts,
    /// The same machine has a newer one: only what it passes counts, and only where that one does not decide.
    Replaced,
    /// It is about another specification, and older than every result about the one that is stood on.
    OlderSpec,
    /// It is about another specification.
    OtherSpec,
}

/// Why a result's time cannot be right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    Future,
    BeforeBuild,
}

/// One promise: what stands, and the result that decided it.
#[derive(Debug, Clone, Copy)]
pub struct Promise<'a> {
    /// As the deciding result has it, with its evidence.
    pub criterion: &'a Criterion,
    pub decided_by: &'a Proof,
}

impl<'a> Standing<'a> {
    /// The standing by all the proofs of one image, at `now`. `spec` is the text of the specification that is demanded; a proof of
    /// the same text counts, whatever is ticked in either ([`contract`]). Without one, the newest result's specification counts.
    ///
    /// A promise fails if any machine's newest result fails it, else passes if any result passes it, else is unproven if any
    /// newest one is, else is pending. A result that does not name a promise says nothing about it.
    pub fn of(proofs: &'a [Proof], spec: Option<&str>, now: SystemTime) -> Self {
        let mut results = entries(proofs, now);
        let demanded = spec.map(|text| (Digest::of(text.as_bytes()).to_string(), contract(text)));
        let newest = || results.first().map(|one| (one.proof.report.spec.digest.clone(), one.proof.contract.clone()));
        let (spec, about) = demanded.or_else(newest).unzip();
        if let Some(about) = &about {
            weigh(&mut results, about);
        }
        let promises = promises(&results);
        let summary = summary(&promises);
        Self { results, spec, promises, summary }
    }

    /// The results that count.
    pub fn counting(&self) -> impl Iterator<Item = &'a Proof> {
        self.results.iter().filter(|entry| entry.weight == Weight::Counts).map(|entry| entry.proof)
    }

    /// Who says where the image was built, newest first; of those who say the same, the first. A build that is reproducible may
    /// have happened on several machines.
    pub fn builders(&self) -> Vec<&'a Proof> {
        let mut told: Vec<(&Option<String>, &Option<String>)> = Vec::new();
        let mut builders = Vec::new();
        for proof in self.results.iter().map(|entry| entry.proof) {
            let Some(built) = &proof.report.built else { continue };
            let place = (&built.machine, &built.boot);
            if !told.contains(&place) {
                told.push(place);
                builders.push(proof);
            }
        }
        builders
    }

    /// A result that shows that the image was pulled and runs on another machine than any that is known to have built it, `also`
    /// among them, in another boot; a checked one where there is one. `None` also where somebody who built it does not say where.
    ///
    /// Only results that count are looked at: what a machine said before it failed shows nothing.
    pub fn different_machine(&self, also: Option<&Built>) -> Option<&'a Proof> {
        let builders = self.builders();
        let built: Vec<&Built> = builders.iter().filter_map(|proof| proof.report.built.as_ref()).chain(also).collect();
        let shows = |proof: &&Proof| {
            let report = &proof.report;
            let (machine, boot) = (report.machine.id.as_ref(), report.machine.boot.as_ref());
            let away = |built: &Built| differs(machine, built.machine.as_ref()) && differs(boot, built.boot.as_ref());
            let passes =
                |one: &Criterion| one.check.as_deref() == Some(DIFFERENT_MACHINE) && one.verdict == Verdict::Pass;
            let fails_running = |one: &Criterion| one.stage == RUN && one.verdict == Verdict::Fail;
            // What runs only with further files or arguments does not run elsewhere as it was shown to run here.
            let at_home = |proof: &Proof| {
                let machine = proof.report.machine.id.as_ref();
                machine.is_some() && built.iter().any(|built| built.machine.as_ref() == machine)
            };
            let is_plain = options(report).starts_like(&Options::default());
            let is_as_at_home =
                || self.counting().any(|proof| at_home(proof) && options(&proof.report).starts_like(&options(report)));
            report.built.is_some()
                && (is_plain || is_as_at_home())
                && built.iter().all(|built| away(built))
                && report.criteria.iter().any(passes)
                && !report.criteria.iter().any(fails_running)
        };
        let mut found: Vec<&'a Proof> = self.counting().filter(shows).collect();
        found.sort_by_key(|proof| !matches!(proof.signature, Signature::Checked { .. }));
        found.first().copied()
    }
}

fn options(report: &Report) -> Options {
    report.options.clone().unwrap_or_default()
}

fn differs(here: Option<&String>, there: Option<&String>) -> bool {
    matches!((here, there), (Some(here), Some(there)) if here != there)
}

/// Each proof once, in order.
fn entries(proofs: &[Proof], now: SystemTime) -> Vec<Entry<'_>> {
    // A clock that is out of range knows no future.
    let latest = Timestamp::try_from(now).ok().and_then(|now| now.checked_add(CLOCKS_DIFFER).ok());
    let mut seen = BTreeSet::new();
    let mut entries: Vec<Entry> = proofs
        .iter()
        .filter(|proof| seen.insert(&proof.digest))
        .map(|proof| Entry { proof, weight: Weight::Counts, doubt: doubt(proof, latest) })
        .collect();
    entries.sort_by(|a, b| {
        let key = |entry: &Entry<'_>| (entry.doubt.is_none(), entry.proof.started_at);
        key(b).cmp(&key(a)).then_with(|| a.proof.digest.cmp(&b.proof.digest))
    });
    entries
}

fn doubt(proof: &Proof, latest: Option<Timestamp>) -> Option<Doubt> {
    let built: Option<Timestamp> = proof.report.built.as_ref().and_then(|built| built.at.parse().ok());
    let earliest = built.and_then(|built| built.checked_sub(CLOCKS_DIFFER).ok());
    if latest.is_none_or(|latest| proof.started_at > latest) {
        Some(Doubt::Future)
    } else if earliest.is_some_and(|earliest| proof.started_at < earliest) {
        Some(Doubt::BeforeBuild)
    } else {
        None
    }
}

fn weigh(entries: &mut [Entry<'_>], contract: &Digest) {
    let about = |entry: &Entry<'_>| entry.proof.contract == *contract;
    let mut newest: BTreeMap<&str, Timestamp> = BTreeMap::new();
    for entry in entries.iter().filter(|entry| about(entry) && entry.doubt.is_none()) {
        if let Some(machine) = &entry.proof.report.machine.id {
            let time = newest.entry(machine).or_insert(entry.proof.started_at);
            *time = (*time).max(entry.proof.started_at);
        }
    }
    let replaced = |entry: &Entry<'_>| {
        let machine = entry.proof.report.machine.id.as_deref().filter(|_| entry.doubt.is_none());
        machine.and_then(|machine| newest.get(machine)).is_some_and(|newest| entry.proof.started_at < *newest)
    };
    let in_time = entries.iter().filter(|entry| about(entry) && entry.doubt.is_none());
    let oldest = in_time.map(|entry| entry.proof.started_at).min();
    for entry in entries.iter_mut() {
        entry.weight = if !about(entry) {
            let older = oldest.is_some_and(|oldest| entry.proof.started_at < oldest);
            if older { Weight::OlderSpec } else { Weight::OtherSpec }
        } else if replaced(entry) {
            Weight::Replaced
        } else {
            Weight::Counts
        };
    }
}

fn promises<'a>(entries: &[Entry<'a>]) -> Vec<Promise<'a>> {
    let mut order: Vec<&str> = Vec::new();
    let mut standing: BTreeMap<&str, Promise<'a>> = BTreeMap::new();
    let of = |weight: Weight| {
        let entries = entries.iter().filter(move |entry| entry.weight == weight);
        entries.flat_map(|entry| entry.proof.report.criteria.iter().map(|criterion| (criterion, entry.proof)))
    };
    let kept = of(Weight::Replaced).filter(|(criterion, _)| criterion.verdict == Verdict::Pass);
    for (criterion, decided_by) in of(Weight::Counts).chain(kept) {
        let said = Promise { criterion, decided_by };
        match standing.get_mut(criterion.id.as_str()) {
            None => {
                order.push(&criterion.id);
                standing.insert(&criterion.id, said);
            }
            Some(stands) if rank(criterion.verdict) > rank(stands.criterion.verdict) => *stands = said,
            Some(_) => {}
        }
    }
    order.iter().filter_map(|id| standing.get(id).copied()).collect()
}

/// Which verdict stands where results differ: the highest.
fn rank(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Pending => 0,
        Verdict::Unproven => 1,
        Verdict::Pass => 2,
        Verdict::Fail => 3,
    }
}

fn summary(promises: &[Promise<'_>]) -> Summary {
    let criteria: Vec<Criterion> = promises.iter().map(|promise| promise.criterion.clone()).collect();
    Summary::of(&criteria)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{self, Result};

    fn now() -> SystemTime {
        "2026-02-01T00:00:00Z".parse::<Timestamp>().unwrap().into()
    }

    fn proofs(results: &[Result]) -> Vec<Proof> {
        results.iter().map(Result::proof).collect()
    }

    /// `id=verdict by machine@time` of each promise.
    fn stands(proofs: &[Proof], spec: Option<&str>) -> String {
        let standing = Standing::of(proofs, spec, now());
        let line = |promise: &Promise| {
            let report = &promise.decided_by.report;
            let machine = report.machine.id.as_deref().unwrap_or("-");
            let Criterion { id, verdict, .. } = promise.criterion;
            format!("{id} {} by {machine} {}\n", verdict.word(), &report.started_at[..10])
        };
        standing.promises.iter().map(line).collect()
    }

    #[test]
    fn of_one_machine_the_newest_result_stands() {
        let older = Result::new("a", "2026-01-01T00:00:00Z", "one fail, two unproven, three fail, four pass");
        let newer = Result::new("a", "2026-01-02T00:00:00Z", "one pass, two pending, three unproven, four pass");
        let expected = "one pass by a 2026-01-02\ntwo pending by a 2026-01-02\nthree unproven by a 2026-01-02\nfour pass by a 2026-01-02\n";
        assert_eq!(stands(&proofs(&[older.clone(), newer.clone()]), None), expected);
        assert_eq!(stands(&proofs(&[newer, older]), None), expected);
    }

    #[test]
    fn what_a_machine_kept_before_stays_kept_unless_it_is_broken_now() {
        let older = Result::new("a", "2026-01-01T00:00:00Z", "build pass, run pass, size pass, tags pass");
        let newer = Result::new("a", "2026-01-02T00:00:00Z", "build pending, run unproven, size fail, tags pass");
        let all = proofs(&[newer.clone(), older.clone()]);
        insta::assert_snapshot!(stands(&all, None), @"
        build pass by a 2026-01-01
        run pass by a 2026-01-01
        size fail by a 2026-01-02
        tags pass by a 2026-01-02
        ");
        // Of another specification, it keeps nothing.
        let other = Result { spec: "# Older\n", ..older };
        insta::assert_snapshot!(stands(&proofs(&[newer, other]), None), @"
        build pending by a 2026-01-02
        run unproven by a 2026-01-02
        size fail by a 2026-01-02
        tags pass by a 2026-01-02
        ");
    }

    #[test]
    fn of_several_machines_a_failure_stands_then_a_pass_then_what_was_not_shown() {
        let all = proofs(&[
            Result::new("a", "2026-01-01T00:00:00Z", "one fail, two unproven, three pending, four pending"),
            Result::new("b", "2026-01-02T00:00:00Z", "one pass, two pass, three unproven, four pending"),
        ]);
        insta::assert_snapshot!(stands(&all, None), @"
        one fail by a 2026-01-01
        two pass by b 2026-01-02
        three unproven by b 2026-01-02
        four pending by b 2026-01-02
        ");
    }

    #[test]
    fn a_result_that_does_not_name_a_promise_says_nothing_about_it() {
        let all = proofs(&[
            Result::new("a", "2026-01-01T00:00:00Z", "one fail, old pass"),
            Result::new("b", "2026-01-02T00:00:00Z", "one pass"),
        ]);
        insta::assert_snapshot!(stands(&all, None), @"
        one fail by a 2026-01-01
        old pass by a 2026-01-01
        ");
    }

    #[test]
    fn a_date_in_the_future_hides_nothing_and_is_not_hidden() {
        let failed = Result::new("a", "2026-01-02T00:00:00Z", "one fail");
        let future = Result::new("a", "2036-01-01T00:00:00Z", "one pass");
        assert_eq!(stands(&proofs(&[failed, future]), None), "one fail by a 2026-01-02\n");
        let passed = Result::new("a", "2026-01-02T00:00:00Z", "one pass");
        let future = Result::new("a", "2036-01-01T00:00:00Z", "one fail");
        assert_eq!(stands(&proofs(&[passed.clone(), future]), None), "one fail by a 2036-01-01\n");
        // A few minutes are a difference of clocks.
        let soon = Result::new("a", "2026-02-01T00:04:00Z", "one pass");
        assert_eq!(stands(&proofs(&[passed, soon]), None), "one pass by a 2026-02-01\n");
    }

    #[test]
    fn a_date_before_the_build_is_not_older_than_what_came_after() {
        let failed =
            Result { built: Some("2026-01-01T00:00:00Z"), ..Result::new("a", "1970-01-01T00:00:00Z", "one fail") };
        let passed = Result::new("a", "2026-01-02T00:00:00Z", "one pass");
        let all = proofs(&[failed, passed]);
        assert_eq!(stands(&all, None), "one fail by a 1970-01-01\n");
        let standing = Standing::of(&all, None, now());
        assert_eq!(standing.results[1].doubt, Some(Doubt::BeforeBuild));
    }

    #[test]
    fn results_of_one_second_all_count() {
        let time = "2026-01-02T00:00:00Z";
        let [pass, fail] = ["one pass", "one fail"].map(|said| Result::new("a", time, said));
        assert_eq!(stands(&proofs(&[pass.clone(), fail.clone()]), None), "one fail by a 2026-01-02\n");
        assert_eq!(stands(&proofs(&[fail, pass]), None), "one fail by a 2026-01-02\n");
    }

    #[test]
    fn a_result_without_a_machine_replaces_none() {
        let all = proofs(&[
            Result { machine: None, ..Result::new("", "2026-01-01T00:00:00Z", "one fail") },
            Result { machine: None, ..Result::new("", "2026-01-02T00:00:00Z", "one pass") },
        ]);
        assert_eq!(stands(&all, None), "one fail by - 2026-01-01\n");
    }

    #[test]
    fn the_newest_specification_is_stood_on_unless_one_is_named() {
        let older = Result { spec: "# Older\n", ..Result::new("a", "2026-01-01T00:00:00Z", "one fail") };
        let newer = Result::new("b", "2026-01-02T00:00:00Z", "one pass");
        let future = Result { spec: "# Future\n", ..Result::new("c", "2036-01-02T00:00:00Z", "one pending") };
        let all = proofs(&[older, newer, future]);
        assert_eq!(stands(&all, None), "one pass by b 2026-01-02\n");
        assert_eq!(stands(&all, Some("# Older\n")), "one fail by a 2026-01-01\n");
        assert_eq!(stands(&all, Some("# None\n")), "");
        let weights: Vec<Weight> = Standing::of(&all, None, now()).results.iter().map(|entry| entry.weight).collect();
        assert_eq!(weights, [Weight::Counts, Weight::OlderSpec, Weight::OtherSpec]);
    }

    #[test]
    fn a_tick_makes_no_other_specification() {
        let empty =
            Result { spec: "## Success Criteria\n- [ ] one\n", ..Result::new("a", "2026-01-01T00:00:00Z", "one pass") };
        let ticked =
            Result { spec: "## Success Criteria\n- [x] one\n", ..Result::new("b", "2026-01-02T00:00:00Z", "one fail") };
        let other =
            Result { spec: "## Success Criteria\n- [x] two\n", ..Result::new("c", "2026-01-03T00:00:00Z", "one pass") };
        let all = proofs(&[empty.clone(), ticked.clone(), other]);
        for asked in [empty.spec, ticked.spec] {
            assert_eq!(stands(&all, Some(asked)), "one fail by b 2026-01-02\n");
            let standing = Standing::of(&all, Some(asked), now());
            assert_eq!(standing.spec, Some(Digest::of(asked.as_bytes()).to_string()));
        }
        // The raw text stays in each proof.
        assert_eq!(all[1].spec, ticked.spec);
    }

    #[test]
    fn the_same_proof_from_several_places_is_one_result() {
        let one = Result::new("a", "2026-01-01T00:00:00Z", "one pass").proof();
        assert_eq!(Standing::of(&[one.clone(), one], None, now()).results.len(), 1);
        assert_eq!(Standing::of(&[], None, now()).summary.total(), 0);
    }

    fn built(machine: Option<&str>) -> Built {
        Built {
            machine: machine.map(str::to_owned),
            boot: Some("boot-build".into()),
            revision: None,
            toolchain: None,
            at: "2026-01-01T00:00:00Z".into(),
        }
    }

    /// Whether a result, changed so, shows another machine than `built`.
    #[track_caller]
    fn check(change: impl Fn(&mut seaworthy_report::Report), built: &Built, expected: bool) {
        let mut report = Result {
            built: Some("2026-01-01T00:00:00Z"),
            ..Result::new("b", "2026-01-02T00:00:00Z", "other pass, run pass")
        }
        .report();
        report.criteria[0].check = Some(DIFFERENT_MACHINE.into());
        report.criteria[1].stage = RUN.into();
        change(&mut report);
        report.summary = Summary::of(&report.criteria);
        let proofs = [sample::proof_of(&report)];
        assert_eq!(Standing::of(&proofs, None, now()).different_machine(Some(built)).is_some(), expected);
    }

    #[test]
    fn another_machine_is_one_that_differs_in_id_and_boot_and_runs_the_image() {
        let here = built(Some("build"));
        check(|_| {}, &here, true);
        check(|_| {}, &built(Some("b")), false);
        check(|_| {}, &built(None), false);
        check(|report| report.machine.boot = Some("boot-build".into()), &here, false);
        check(|report| report.machine.id = None, &here, false);
        check(|report| report.built = None, &here, false);
        check(|report| report.criteria[0].verdict = Verdict::Pending, &here, false);
        check(|report| report.criteria[0].check = None, &here, false);
        check(|report| report.criteria[1].verdict = Verdict::Fail, &here, false);
        check(|report| report.criteria[1].verdict = Verdict::Unproven, &here, true);
    }

    #[test]
    fn what_runs_elsewhere_only_with_further_files_shows_no_other_machine() {
        let with = |user: &str| Some(Options { user: Some(user.to_owned()), ..Options::default() });
        let here = built(Some("build"));
        check(|report| report.options = with("0"), &here, false);
        let variables = Options { variables: vec!["DATABASE_URL".to_owned()], ..Options::default() };
        check(|report| report.options = Some(variables.clone()), &here, true);

        let result = |machine: &'static str, user: &str| {
            let mut report = Result {
                built: Some("2026-01-01T00:00:00Z"),
                ..Result::new(machine, "2026-01-02T00:00:00Z", "other pass, run pass")
            }
            .report();
            report.criteria[0].check = Some(DIFFERENT_MACHINE.into());
            report.options = with(user);
            sample::proof_of(&report)
        };
        for (user, expected) in [("1000", true), ("0", false)] {
            let proofs = [result("build", "1000"), result("b", user)];
            assert_eq!(Standing::of(&proofs, None, now()).different_machine(None).is_some(), expected, "{user}");
        }
    }

    #[test]
    fn who_built_it_too_is_no_other_machine_whatever_a_newer_proof_says_of_the_build() {
        let pulled = |machine: &'static str| {
            let mut report = Result {
                built: Some("2026-01-01T00:00:00Z"),
                ..Result::new(machine, "2026-01-02T00:00:00Z", "other pass, run pass")
            }
            .report();
            report.criteria[0].check = Some(DIFFERENT_MACHINE.into());
            report
        };
        // It says that somebody else built the image, as a forger would.
        let mut told = Result::new("c", "2026-01-03T00:00:00Z", "run pass").report();
        told.built = Some(Built { boot: Some("boot-b".into()), ..built(Some("b")) });
        let all = [sample::proof_of(&pulled("b")), sample::proof_of(&told)];
        let standing = Standing::of(&all, None, now());
        assert_eq!(standing.builders().len(), 2);
        assert!(standing.different_machine(None).is_none());
        let all = [sample::proof_of(&pulled("d")), all[1].clone()];
        let standing = Standing::of(&all, None, now());
        assert!(standing.different_machine(None).is_some());
        assert!(standing.different_machine(Some(&Built { boot: Some("boot-d".into()), ..built(Some("d")) })).is_none());
    }
}
