//! `data.persists` by steps: a value that is new is written before `restart`, and read after it.

use seaworthy_report::{Database, Verdict};
use seaworthy_spec::{Action, ExitWanted, RUN_NAME, Scenario, Step};

use super::not_running;
use super::shows::{contained, depends, expected, mention, request, sent, writes};
use crate::Finding;
use crate::run::Runs;
use crate::run::scenario::{Carried, Play};

/// The steps around the last restart that could show it.
struct Kept<'s> {
    /// The number of the first step behind the restart.
    behind: usize,
    /// Up to the next container.
    after: &'s [Step],
    /// Numbers in `after` of the reads that depend on what was written.
    reads: Vec<usize>,
    /// Names of values that were known before the restart.
    old: Vec<&'s str>,
}

impl Runs<'_> {
    pub(in crate::run) fn kept_by_steps(&self, scenario: &Scenario) -> Result<Finding, String> {
        let kept = kept(scenario)?;
        let mut play = Play::under(self, &not_running, self.run());
        let finding = self.is_kept_by_steps(&mut play, scenario, &kept);
        play.finish();
        Ok(finding.unwrap_or_else(|finding| finding))
    }

    fn is_kept_by_steps(
        &self,
        play: &mut Play<'_, '_>,
        scenario: &Scenario,
        kept: &Kept<'_>,
    ) -> Result<Finding, Finding> {
        let (before, behind) = scenario.steps.split_at(kept.behind);
        play.all(before).map_err(|(_, finding)| match finding.verdict {
            Verdict::Fail => {
                Finding::unproven(format!("the steps before the restart do not hold: {}", finding.evidence))
            }
            _ => *finding,
        })?;
        let carried = play.carried();
        play.all(behind).map_err(|(_, finding)| *finding)?;
        let told = format!("{}: what was written before the restart was read after it", play.told());
        match kept.read_without_help() {
            Some(_) if !carried.has_cookies() => Ok(Finding::pass(told)),
            Some(read) if self.is_kept_without_cookies(scenario, kept, read) => {
                Ok(Finding::pass(format!("{told}, also without the cookies from before it")))
            }
            _ => self.is_unknown_to_an_empty_one(play, kept, carried, &told),
        }
    }

    /// A cookie may hold what the answer repeats.
    fn is_kept_without_cookies(&self, scenario: &Scenario, kept: &Kept<'_>, read: usize) -> bool {
        let mut play = Play::under(self, &not_running, self.run());
        let is_written = play.all(&scenario.steps[..kept.behind]).is_ok();
        play.forget_cookies();
        let is_read = is_written && play.all(&kept.after[..=read]).is_ok();
        play.finish();
        is_read
    }

    /// Who sends the value along gets it back from a service that keeps nothing: a container that never got the value must not have it.
    fn is_unknown_to_an_empty_one(
        &self,
        play: &mut Play<'_, '_>,
        kept: &Kept<'_>,
        carried: Carried,
        told: &str,
    ) -> Result<Finding, Finding> {
        let too_little = |why: &str| {
            Finding::unproven(format!(
                "its steps show too little: {why}; write `{{{RUN_NAME}}}` before `restart`, and expect it after that in the body of a GET, \
                 without sending it, a saved value or a cookie from before"
            ))
        };
        let empty = match self.database.kind {
            Database::Given if self.database.is_shared() => {
                return Err(too_little("with a given database, the answer may not come from what was kept"));
            }
            Database::StandIn => "a container on empty volumes and a fresh database",
            Database::None | Database::Given => "a container on empty volumes",
        };
        play.start_empty(carried).map_err(|finding| too_little(&format!("{empty}: {}", finding.evidence)))?;
        match play.all(kept.after) {
            Ok(()) => Err(too_little(&format!("they hold behind the restart also in {empty}"))),
            Err((number, finding)) => {
                // A login or another step that fails shows nothing of the read; nor does what a container of its own answers.
                let is_asked = kept.reads.contains(&number) && request(&kept.after[number]).is_some();
                let is_read = is_asked && play.answered().is_some_and(knows_nothing);
                if is_read && finding.verdict == Verdict::Fail {
                    Ok(Finding::pass(format!("{told}, and not from {empty}")))
                } else {
                    Err(too_little(&format!("in {empty} they end before a read answers: {}", finding.evidence)))
                }
            }
        }
    }
}

impl Kept<'_> {
    /// The first read of a new text where nothing that was sent up to it, but for cookies, could tell the service that text.
    fn read_without_help(&self) -> Option<usize> {
        let holds_run = |read: &&usize| match &self.after[**read].action {
            Action::Request(read) => mention(&expected(&read.answer), &[RUN_NAME]),
            Action::Run { output, .. } => mention(&contained(output), &[RUN_NAME]),
            Action::File { test, .. } => mention(&contained(std::slice::from_ref(test)), &[RUN_NAME]),
            _ => false,
        };
        let is_told = |read: &&usize| self.after[..=**read].iter().any(|step| mention(&told_by(step), &self.old));
        self.reads.iter().find(holds_run).filter(|read| !is_told(read)).copied()
    }
}

/// Whether a service answers so because it lacks what is read. It may lack its tables (500), or not know who asks (401, a redirect).
fn knows_nothing(status: u16) -> bool {
    matches!(status, 200..=299 | 404 | 410)
}

/// The texts that a step gives to the service.
fn told_by(step: &Step) -> Vec<&str> {
    match &step.action {
        Action::Request(request) => sent(request),
        Action::WaitAnswer { path, .. } => vec![path],
        Action::Run { arguments, .. } => arguments.iter().map(String::as_str).collect(),
        Action::Start { .. }
        | Action::Mount { .. }
        | Action::StartAnother
        | Action::StopDatabase
        | Action::StartDatabase
        | Action::StopDependency(_)
        | Action::StartDependency(_)
        | Action::Restart { .. }
        | Action::File { .. }
        | Action::Stop { .. }
        | Action::Exits { .. }
        | Action::LogContains(_)
        | Action::WaitLog { .. }
        | Action::WaitHealthy { .. } => Vec::new(),
    }
}

/// The steps that could show that something was kept, or what is missing.
fn kept(scenario: &Scenario) -> Result<Kept<'_>, String> {
    let steps = &scenario.steps;
    if steps.iter().any(|step| step.action.stops_a_server()) {
        return Err("`stop database` belongs under a promise of its own".to_owned());
    }
    let Some(restart) = steps.iter().rposition(|step| matches!(step.action, Action::Restart { fresh_database: false }))
    else {
        return Err(format!(
            "no `restart` stands between a write and a read; write `{{{RUN_NAME}}}`, then `restart`, then read it"
        ));
    };
    let is_new = |step: &Step| matches!(step.action, Action::Start { .. });
    let first = steps[..restart].iter().rposition(is_new).map_or(0, |start| start + 1);
    let behind = restart + 1;
    let last = steps[behind..].iter().position(is_new).map_or(steps.len(), |start| behind + start);
    let after = &steps[behind..last];
    if !steps[first..restart].iter().any(is_write) {
        return Err("nothing is written before `restart`".to_owned());
    }
    let [names, old] = [first, 0].map(|from| known(&steps[from..restart]));
    let is_read = |number: &usize| match &after[*number].action {
        Action::Request(read) => depends(read, &names),
        Action::Run { exit: ExitWanted::Code(0), output, .. } => mention(&contained(output), &names),
        Action::File { test, .. } => mention(&contained(std::slice::from_ref(test)), &names),
        _ => false,
    };
    let reads: Vec<usize> = (0..after.len()).filter(is_read).collect();
    if reads.is_empty() {
        return Err(format!(
            "no GET, `run` or `file` behind `restart` depends on a value of this run; write `{{{RUN_NAME}}}` or save a value before it, and expect it after it"
        ));
    }
    Ok(Kept { behind, after, reads, old })
}

/// A worker gets its jobs by `run`.
fn is_write(step: &Step) -> bool {
    match &step.action {
        Action::Request(request) => writes(request),
        Action::Run { arguments, exit: ExitWanted::Code(0), .. } => {
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            mention(&arguments, &[RUN_NAME])
        }
        _ => false,
    }
}

/// `run`, and what these steps save.
fn known(steps: &[Step]) -> Vec<&str> {
    let saves = steps.iter().filter_map(request).flat_map(|request| &request.saves);
    std::iter::once(RUN_NAME).chain(saves.map(|save| save.name.as_str())).collect()
}

#[cfg(test)]
mod tests {
    use super::super::shows::tests::scenario;
    use super::*;

    /// Which of the steps behind the restart reads without help.
    #[track_caller]
    fn check(before: &str, after: &str, expected: Option<usize>) {
        let scenario = scenario(&format!("{before}\nrestart\n{after}"));
        assert_eq!(kept(&scenario).unwrap().read_without_help(), expected, "{after}");
    }

    #[test]
    fn an_empty_container_that_refuses_or_breaks_says_nothing_of_what_was_kept() {
        let telling: Vec<u16> =
            (100..600).filter(|status| knows_nothing(*status)).filter(|status| *status >= 300).collect();
        assert_eq!(telling, [404, 410]);
        assert!(knows_nothing(200));
    }

    #[test]
    fn a_worker_keeps_what_a_command_gave_it_and_another_finds() {
        let give = "run greet {run} -> exit 0";
        check(give, "run greeted -> exit 0, output contains \"{run}\"", Some(0));
        check(give, "run greeted {run} -> exit 0, output contains \"{run}\"", None);
        for (before, after) in [
            ("run greet -> exit 0", "run greeted -> exit 0, output contains \"{run}\""),
            ("run greet {run} -> exit 1", "run greeted -> exit 0, output contains \"{run}\""),
            (give, "run greeted -> exit 1, output contains \"{run}\""),
            (give, "run greeted -> exit 0, output not contains \"{run}\""),
            (give, "run greeted -> exit 0"),
        ] {
            let scenario = scenario(&format!("{before}\nrestart\n{after}"));
            assert!(kept(&scenario).is_err(), "{before}, {after}");
        }
    }

    #[test]
    fn a_read_shows_what_was_kept_only_where_nothing_from_before_is_sent() {
        let login = "POST /login {\"user\": \"{run}\"} -> 200, save token";
        let write = "POST /notes {\"text\": \"{run}\"} -> 201, save id";
        let read = "GET /notes -> 200 body contains \"{run}\"";
        check(write, read, Some(0));
        check(write, &format!("wait healthy within 5s\nPOST /other {{\"a\": 1}} -> 201\n{read}"), Some(2));
        check(
            write,
            &format!("POST /in {{\"user\": \"ann\"}} -> 200, save key\nGET /me as {{key}} -> 200\n{read}"),
            Some(2),
        );
        check(write, &format!("{read}\nGET /notes/{{id}} -> 200"), Some(0));
        // The value comes along, in whatever form.
        for helped in [
            "GET /notes/{id} -> 200 {\"text\": \"{run}\"}",
            "GET /notes?of={run} -> 200 {\"text\": \"{run}\"}",
            "GET /notes header X-Note: {id} -> 200 {\"text\": \"{run}\"}",
            "GET /notes as {id} -> 200 {\"text\": \"{run}\"}",
            "GET /notes as ann:{run} -> 200 {\"text\": \"{run}\"}",
        ] {
            check(write, helped, None);
        }
        for helping in [
            "wait GET /notes?seed={run} -> 200 within 3s",
            "GET /notes/{id} -> 200",
            "POST /notes {\"text\": \"{run}\"} -> 201",
            "POST /notes form text=\"{run}\" -> 201",
            "run seed {run} -> exit 0",
        ] {
            check(write, &format!("{helping}\n{read}"), None);
        }
        // A short link leads where it was told to.
        check(write, "GET /last -> 302 header Location contains \"{run}\"", Some(0));
        check(write, "GET /{id} -> 302 header Location contains \"{run}\"", None);
        check(login, "GET /me as {token} -> 200 {\"user\": \"{run}\"}", None);
        // A text that was there from the start.
        check(write, "GET /notes/{id} -> 200 {\"text\": \"kept\"}", None);
    }
}
