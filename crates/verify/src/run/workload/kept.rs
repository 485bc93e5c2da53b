//! `data.persists` by steps: a value that is new is written before `restart`, and read after it.

use seaworthy_report::Verdict;
use seaworthy_spec::{Action, RUN_NAME, Request as Wanted, Scenario, Step};

use super::not_running;
use super::shows::{expected, mention, request, sent, writes};
use crate::Finding;
use crate::http::Request;
use crate::run::Runs;
use crate::run::scenario::Play;

/// A longer text in a request may hold what the answer repeats: a signed cookie does.
const LONGEST_SENT: usize = 40;

/// The steps around the last restart that could show it.
struct Kept<'s> {
    /// The number of the first step behind the restart.
    behind: usize,
    /// Up to the next container.
    after: &'s [Step],
    /// Numbers in `after` of the reads that depend on what was written.
    reads: Vec<usize>,
}

impl Runs<'_> {
    pub(in crate::run) fn kept_by_steps(&self, scenario: &Scenario) -> Result<Finding, String> {
        let kept = kept(scenario)?;
        let mut play = Play::under(self, &not_running, self.run());
        let finding = match play.all(&scenario.steps) {
            Err((number, finding)) if number < kept.behind && finding.verdict == Verdict::Fail => {
                Finding::unproven(format!("the steps before the restart do not hold: {}", finding.evidence))
            }
            Err((_, finding)) => *finding,
            Ok(()) => {
                let told = format!("{}: what was written before the restart was read after it", play.told());
                self.is_shown(&mut play, &kept, &told).unwrap_or_else(|finding| finding)
            }
        };
        play.finish();
        Ok(finding)
    }

    /// Who sends the value along gets it back from a service that keeps nothing; so does who reads what was there from the start.
    fn is_shown(&self, play: &mut Play<'_, '_>, kept: &Kept<'_>, told: &str) -> Result<Finding, Finding> {
        for read in &kept.reads {
            if shows_by_itself(play, kept, *read)? {
                return Ok(Finding::pass(told));
            }
        }
        let missing = format!(
            "write `{{{RUN_NAME}}}` before `restart`, and expect it after that in the body of a GET that sends neither it nor a long token"
        );
        if self.database.host().is_some() {
            return Ok(Finding::unproven(format!(
                "its steps show too little: the answer may not come from what was kept; {missing}"
            )));
        }
        // A container that never got the value must not have it.
        play.start_anew()?;
        Ok(match play.all(kept.after) {
            Ok(()) => Finding::unproven(format!(
                "its steps show too little: they hold behind the restart also in a container on empty volumes; {missing}"
            )),
            Err((_, finding)) if finding.verdict == Verdict::Fail => {
                Finding::pass(format!("{told}, and not from a container on empty volumes"))
            }
            Err((_, finding)) => *finding,
        })
    }
}

/// Whether the service could not know the expected text but from what it kept.
fn shows_by_itself(play: &Play<'_, '_>, kept: &Kept<'_>, read: usize) -> Result<bool, Finding> {
    let Some(wanted) = kept.after.get(read).and_then(request) else { return Ok(false) };
    if !mention(&expected(&wanted.answer), &[RUN_NAME]) {
        return Ok(false);
    }
    // What a container is given as arguments it may write again.
    if kept.after[..=read].iter().any(|step| matches!(step.action, Action::Run { .. })) {
        return Ok(false);
    }
    for wanted in kept.after[..=read].iter().filter_map(request) {
        if may_hold(&play.request_of(wanted)?, wanted, play.run_text()) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether a request may tell the service the text.
fn may_hold(request: &Request, wanted: &Wanted, text: &str) -> bool {
    let body = String::from_utf8_lossy(request.body.as_deref().unwrap_or_default()).into_owned();
    // What the specification itself says, and variables of the run, hold nothing that is new.
    let is_fixed = |name: &str| {
        let is_login = wanted.login.is_some() && name.eq_ignore_ascii_case("authorization");
        is_login || wanted.headers.iter().any(|(known, value)| known == name && !value.contains('{'))
    };
    let headers = request.headers.iter().filter(|(name, _)| !is_fixed(name)).map(|(_, value)| value.as_str());
    let pieces =
        |text: &str| text.split(|c: char| "/?&=;, ".contains(c)).map(str::len).max().unwrap_or_default() > LONGEST_SENT;
    let body_is_fixed = !sent(wanted)[1..].iter().any(|text| text.contains('{'));
    let has_long = pieces(&request.path) && wanted.path.contains('{')
        || headers.clone().any(pieces)
        || !body_is_fixed && body.split('"').any(pieces);
    has_long || request.path.contains(text) || body.contains(text) || headers.clone().any(|value| value.contains(text))
}

/// The steps that could show that something was kept, or what is missing.
fn kept(scenario: &Scenario) -> Result<Kept<'_>, String> {
    let steps = &scenario.steps;
    if steps.iter().any(|step| step.action == Action::StopDatabase) {
        return Err("`stop database` belongs under a promise of its own".to_owned());
    }
    let Some(restart) = steps.iter().rposition(|step| matches!(step.action, Action::Restart)) else {
        return Err(format!(
            "no `restart` stands between a write and a read; write `{{{RUN_NAME}}}`, then `restart`, then read it"
        ));
    };
    let is_new = |step: &Step| matches!(step.action, Action::Start { .. });
    let first = steps[..restart].iter().rposition(is_new).map_or(0, |start| start + 1);
    let before = &steps[first..restart];
    let behind = restart + 1;
    let last = steps[behind..].iter().position(is_new).map_or(steps.len(), |start| behind + start);
    let after = &steps[behind..last];
    if !before.iter().filter_map(request).any(writes) {
        return Err("nothing is written before `restart`".to_owned());
    }
    let mut names: Vec<&str> = vec![RUN_NAME];
    names.extend(
        before.iter().filter_map(request).flat_map(|request| request.saves.iter().map(|save| save.name.as_str())),
    );
    let reads: Vec<usize> = (0..after.len())
        .filter(|number| {
            request(&after[*number]).is_some_and(|read| {
                let texts = expected(&read.answer);
                // Another container was not started anew.
                read.method == "GET"
                    && !read.on_another
                    && matches!(read.answer.status, 200..=299)
                    && (mention(&texts, &names) || mention(&[read.path.as_str()], &names))
            })
        })
        .collect();
    if reads.is_empty() {
        return Err(format!(
            "no GET behind `restart` depends on a value of this run; write `{{{RUN_NAME}}}` or save a value before it, and expect it after it"
        ));
    }
    Ok(Kept { behind, after, reads })
}
