//! `api.crud` by steps: something is created, read, changed and deleted, and each is read back.

use seaworthy_spec::{Action, Body, RUN_NAME, Repeat, Request, Scenario, Step, TextTest, TextWanted};

use super::not_running;
use super::shows::{expected, is_taken, mention, reads, request, sent, strings, writes};
use crate::Finding;
use crate::crud::stem;
use crate::run::Runs;
use crate::run::persist::{EVERYTHING, FILLERS};
use crate::run::scenario::Play;

/// Each read is made by so many clients at once: workers that each keep their own items answer differently.
const CLIENTS: u32 = 8;

/// What a promise is about.
#[derive(Clone, Copy)]
pub(in crate::run) struct Wanted<'a> {
    /// A path or nouns; `None` for whatever the service has.
    pub(in crate::run) things: Option<&'a str>,
    /// A list is promised, too.
    pub(in crate::run) listed: bool,
}

impl Runs<'_> {
    pub(in crate::run) fn crud_by_steps(&self, scenario: &Scenario, wanted: Wanted<'_>) -> Result<Finding, String> {
        let mut steps = scenario.steps.clone();
        for number in shown(scenario, wanted)? {
            if let Action::Request(read) = &mut steps[number].action
                && read.saves.is_empty()
            {
                read.repeat.get_or_insert(Repeat { times: CLIENTS, at_once: CLIENTS, percentile: None });
            }
        }
        let mut play = Play::under(self, &not_running, self.run());
        let played = play.all(&steps);
        let told = play.told();
        play.finish();
        Ok(match played {
            Ok(()) => {
                Finding::pass(format!("{told}: created, read, changed, read, deleted and gone, as its steps say"))
            }
            Err((_, finding)) => *finding,
        })
    }
}

/// The numbers of the steps that read what was created and changed; else what is missing.
fn shown(scenario: &Scenario, wanted: Wanted<'_>) -> Result<Vec<usize>, String> {
    let steps = scenario.steps.iter().enumerate();
    let requests: Vec<(usize, &Request)> =
        steps.filter_map(|(number, step)| Some((number, request(step)?))).filter(|(_, one)| !one.on_another).collect();
    let created = || requests.iter().enumerate().filter(|(_, (_, one))| creates(one));
    let mut missing = None;
    for (index, (_, create)) in created().filter(|(_, (_, one))| is_about(&one.path, wanted.things)) {
        match (Round { create, after: &requests[index + 1..], steps: &scenario.steps }).shown(wanted.listed) {
            Ok(reads) => return Ok(reads),
            Err(why) => {
                missing.get_or_insert_with(|| format!("behind `{} {}`, {why}", create.method, create.path));
            }
        }
    }
    let other = created().next().map(|(_, (_, one))| {
        format!("`{} {}` is not about {}", one.method, one.path, wanted.things.unwrap_or_default())
    });
    Err(missing.or(other).unwrap_or_else(|| {
        format!(
            "nothing is created; add a POST with `{{{RUN_NAME}}}` in its body, whose answer is 2xx or a redirect with a tested `Location`"
        )
    }))
}

fn creates(one: &Request) -> bool {
    matches!(one.method.as_str(), "POST" | "PUT") && is_written(one)
}

/// What follows a step that creates something.
struct Round<'s> {
    create: &'s Request,
    after: &'s [(usize, &'s Request)],
    steps: &'s [Step],
}

impl Round<'_> {
    fn shown(&self, listed: bool) -> Result<Vec<usize>, String> {
        let first = new_texts(self.create);
        let is_first = |one: &Request| {
            tells(one, &[]) && expected(&one.answer).iter().any(|text| first.iter().any(|sent| sent.contains(text)))
        };
        let read = self.find(0, is_first).ok_or_else(|| {
            format!("no GET shows what was created; expect `{{{RUN_NAME}}}` in the body of one, without sending it")
        })?;
        let change = self.find(read + 1, |one| self.is_change(one)).ok_or_else(|| {
            format!("nothing is changed; add a PUT, a PATCH, or a POST at the item's own path, with another text around `{{{RUN_NAME}}}`")
        })?;
        let is_read_back = |one: &Request| tells(one, &first) && (!self.is_post(change) || self.is_of_item(one));
        let changed = self.find(change + 1, is_read_back).ok_or_else(|| {
            "no GET shows the change; expect the new text, which is not a part of the first one".to_owned()
        })?;
        let is_deletion = |one: &Request| self.is_deletion(one, change);
        let deletion = self
            .find(changed + 1, is_deletion)
            .ok_or_else(|| "nothing is deleted; add a DELETE, or a POST at another path of the item".to_owned())?;
        self.see_gone(change, changed, deletion)?;
        let names = self.names();
        let lists = |(_, one): &(usize, &Request)| tells(one, &[]) && !mention(&[one.path.as_str()], &names);
        if listed && !self.after[..deletion].iter().any(lists) {
            return Err("no GET lists it; ask a path without the item's id".to_owned());
        }
        Ok(vec![self.after[read].0, self.after[changed].0])
    }

    /// That the deletion, and nothing else, took the item away.
    fn see_gone(&self, change: usize, changed: usize, deletion: usize) -> Result<(), String> {
        let known: Vec<&Request> =
            self.after[..deletion].iter().map(|(_, one)| *one).filter(|one| reads(one)).collect();
        let is_known = |one: &Request| known.iter().any(|read| is_same_question(read, one));
        let texts = new_texts(self.after[change].1);
        let gone = self.find(deletion + 1, |one| is_known(one) && shows_nothing(one, &texts)).ok_or_else(|| {
            format!("no GET shows that it is gone; repeat one from before, and expect 404, or a body that does not contain `{{{RUN_NAME}}}`")
        })?;
        let [changed, deletion, gone] = [changed, deletion, gone].map(|index| self.after[index].0);
        let mut between = self.steps[changed + 1..gone].iter().enumerate();
        let other = between.find(|(at, step)| changed + 1 + at != deletion && !changes_nothing(step, is_known));
        match other {
            Some((_, step)) => Err(format!(
                "a step between may have taken the item away (line {}); put the DELETE right between two GETs that show it and show it gone",
                step.line
            )),
            None => Ok(()),
        }
    }

    fn find(&self, from: usize, is_it: impl Fn(&Request) -> bool) -> Option<usize> {
        (from..self.after.len()).find(|index| is_it(self.after[*index].1))
    }

    /// Names of values that lead to the item.
    fn names(&self) -> Vec<&str> {
        let all = std::iter::once(self.create).chain(self.after.iter().map(|(_, one)| *one));
        all.flat_map(|one| &one.saves).map(|save| save.name.as_str()).collect()
    }

    /// A text that was not in what was created.
    fn is_change(&self, one: &Request) -> bool {
        let first = new_texts(self.create);
        let is_new = new_texts(one).iter().any(|text| !first.iter().any(|old| old.contains(text)));
        let is_other = match one.method.as_str() {
            "PUT" | "PATCH" => true,
            "POST" => self.is_of_item(one) && one.path != self.create.path,
            _ => false,
        };
        is_written(one) && is_new && is_other
    }

    fn is_deletion(&self, one: &Request, change: usize) -> bool {
        let is_by_post = one.method == "POST"
            && self.is_of_item(one)
            && ![self.create.path.as_str(), self.after[change].1.path.as_str()].contains(&one.path.as_str());
        (one.method == "DELETE" || is_by_post) && writes(one) && is_taken(one)
    }

    fn is_post(&self, index: usize) -> bool {
        self.after[index].1.method == "POST"
    }

    fn is_of_item(&self, one: &Request) -> bool {
        mention(&[one.path.as_str()], &self.names())
    }
}

/// Whether it sends a text of this run, and that is taken.
fn is_written(one: &Request) -> bool {
    writes(one) && is_taken(one) && !new_texts(one).is_empty()
}

/// The texts of its body that hold the text of the run.
fn new_texts(one: &Request) -> Vec<&str> {
    let mut texts = Vec::new();
    match &one.body {
        Some(Body::Json(value)) => strings(value, &mut texts),
        Some(Body::Form(fields)) => texts.extend(fields.iter().map(|(_, value)| value.as_str())),
        None => {}
    }
    texts.retain(|text| mention(&[text], &[RUN_NAME]));
    texts
}

/// Whether its answer holds a text of this run that is in none of these, and that it did not send along.
fn tells(one: &Request, old: &[&str]) -> bool {
    let is_new = |text: &&str| mention(&[text], &[RUN_NAME]) && !old.iter().any(|old| old.contains(text));
    reads(one) && expected(&one.answer).iter().any(is_new) && !mention(&sent(one), &[RUN_NAME])
}

/// Whether both ask for the same, as the same person.
fn is_same_question(one: &Request, other: &Request) -> bool {
    one.path == other.path && one.login == other.login && one.headers == other.headers
}

/// Whether an item is there afterwards as it was before.
fn changes_nothing(step: &Step, is_known: impl Fn(&Request) -> bool) -> bool {
    match &step.action {
        Action::Request(one) => one.method == "GET" && (one.on_another || is_known(one)),
        Action::LogContains(_)
        | Action::File { .. }
        | Action::WaitLog { .. }
        | Action::WaitHealthy { .. }
        | Action::WaitAnswer { .. } => true,
        _ => false,
    }
}

/// Whether its answer shows that nothing has these texts any more.
fn shows_nothing(one: &Request, texts: &[&str]) -> bool {
    let was_there = |text: &String| mention(&[text], &[RUN_NAME]) && texts.iter().any(|known| known.contains(text));
    let is_without =
        |test: &TextTest| matches!(&test.wanted, TextWanted::Contains(text) if test.is_negated && was_there(text));
    one.method == "GET"
        && match one.answer.status {
            404 | 410 => true,
            200..=299 => one.answer.texts.iter().any(is_without),
            _ => false,
        }
}

/// Whether a path is about the things of a promise.
fn is_about(path: &str, things: Option<&str>) -> bool {
    let Some(things) = things else { return true };
    let path = path.split('?').next().unwrap_or_default().trim_end_matches('/').to_lowercase();
    if things.starts_with('/') {
        return path.ends_with(things.trim_end_matches('/').to_lowercase().as_str());
    }
    let parts: Vec<String> = path.split('/').map(|part| stem(&part.replace(['_', '-'], ""))).collect();
    let words = things.to_lowercase();
    let mut words = words.split(|c: char| !c.is_alphanumeric()).map(stem);
    words.all(|word| [FILLERS, EVERYTHING].concat().contains(&word.as_str()) || parts.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::super::shows::tests::scenario;
    use super::*;

    const CREATE: &str = "POST /notes {\"text\": \"first {run}\"} -> 201, save id";
    const READ: &str = "GET /notes/{id} -> 200 {\"text\": \"first {run}\"}";
    const CHANGE: &str = "PUT /notes/{id} {\"text\": \"second {run}\"} -> 200";
    const REREAD: &str = "GET /notes/{id} -> 200 {\"text\": \"second {run}\"}";
    const DELETE: &str = "DELETE /notes/{id} -> 204";
    const GONE: &str = "GET /notes/{id} -> 404";

    #[track_caller]
    fn check(lines: &[&str], wanted: Wanted<'_>, expected: Result<&[usize], &str>) {
        match (shown(&scenario(&lines.join("\n")), wanted), expected) {
            (Ok(found), Ok(expected)) => assert_eq!(found, expected),
            (Err(found), Err(expected)) => assert!(found.contains(expected), "{found}"),
            (found, expected) => panic!("{found:?}, not {expected:?}"),
        }
    }

    const ANY: Wanted<'_> = Wanted { things: None, listed: false };

    #[test]
    fn each_of_the_four_is_missed() {
        let all = [CREATE, READ, CHANGE, REREAD, DELETE, GONE];
        check(&all, ANY, Ok(&[1, 3]));
        for (left_out, expected) in [
            (0, "nothing is created"),
            (1, "no GET shows what was created"),
            (2, "nothing is changed"),
            (3, "no GET shows the change"),
            (4, "nothing is deleted"),
            (5, "no GET shows that it is gone"),
        ] {
            let mut lines: Vec<&str> = all.to_vec();
            lines.remove(left_out);
            if left_out == 0 {
                lines.retain(|line| !line.contains("{id}"));
                lines.push("GET /notes -> 200 []");
            }
            check(&lines, ANY, Err(expected));
        }
    }

    #[test]
    fn what_an_answer_repeats_or_always_says_shows_nothing() {
        let echo = "GET /notes?q={run} -> 200 body contains \"first {run}\"";
        check(&[CREATE, echo, CHANGE, REREAD, DELETE, GONE], ANY, Err("no GET shows what was created"));
        let same = "PUT /notes/{id} {\"text\": \"first {run}\"} -> 200";
        check(&[CREATE, READ, same, READ, DELETE, GONE], ANY, Err("nothing is changed"));
        let vague = "GET /notes/{id} -> 200 body contains \"{run}\"";
        check(&[CREATE, READ, CHANGE, vague, DELETE, GONE], ANY, Err("no GET shows the change"));
        let elsewhere = "GET /never/{id} -> 404";
        check(&[CREATE, READ, CHANGE, REREAD, DELETE, elsewhere], ANY, Err("no GET shows that it is gone"));
        let again = "POST /notes {\"text\": \"second {run}\"} -> 201";
        check(&[CREATE, READ, again, REREAD, DELETE, GONE], ANY, Err("nothing is changed"));
    }

    const OTHER: &str = "a step between may have taken the item away";

    #[test]
    fn nothing_but_the_deletion_may_take_it_away() {
        let with = |step: &'static str, at: usize| {
            let mut lines = vec![CREATE, READ, CHANGE, REREAD, DELETE, GONE];
            lines.insert(at, step);
            lines
        };
        check(&with("restart on a fresh database", 5), ANY, Err(OTHER));
        check(&with("restart", 4), ANY, Err(OTHER));
        check(&with("start with A=1", 5), ANY, Err(OTHER));
        check(&with("GET /logout -> 302", 5), ANY, Err(OTHER));
        check(&with("POST /reset -> 204", 5), ANY, Err(OTHER));
        check(&with(READ, 2), ANY, Ok(&[1, 4]));
        check(&with("wait log contains \"deleted\" within 5s", 5), ANY, Ok(&[1, 3]));
        let nobody = "GET /notes/{id} as nobody -> 404";
        check(&[CREATE, READ, CHANGE, REREAD, DELETE, nobody], ANY, Err("no GET shows that it is gone"));
        // The first text went with the change.
        let page = "GET /notes -> 200 body contains \"first {run}\"";
        let old = "GET /notes -> 200 body not contains \"first {run}\"";
        check(&[CREATE, READ, page, CHANGE, REREAD, DELETE, old], ANY, Err("no GET shows that it is gone"));
        let new = "GET /notes -> 200 body not contains \"second {run}\"";
        check(&[CREATE, READ, page, CHANGE, REREAD, DELETE, new], ANY, Ok(&[1, 4]));
    }

    #[test]
    fn pages_with_forms_show_it_too() {
        let lines = [
            "POST /notes form text=\"first {run}\" -> 302 header Location matches /notes/, save at = header Location",
            "GET /notes -> 200 body contains \"first {run}\"",
            "POST {at}/edit form text=\"second {run}\" -> 302 header Location: /notes",
            "GET {at} -> 200 body contains \"second {run}\"",
            "POST {at}/delete -> 302 header Location: /notes",
            "GET /notes -> 200 body not contains \"{run}\"",
        ];
        check(&lines, ANY, Ok(&[1, 3]));
        check(&lines, Wanted { listed: true, ..ANY }, Ok(&[1, 3]));
    }

    #[test]
    fn the_things_that_are_named_are_shown() {
        let all = [CREATE, READ, CHANGE, REREAD, DELETE, GONE];
        check(&all, Wanted { things: Some("notes"), ..ANY }, Ok(&[1, 3]));
        check(&all, Wanted { things: Some("/notes"), ..ANY }, Ok(&[1, 3]));
        check(&all, Wanted { things: Some("users"), ..ANY }, Err("not about users"));
        check(&all, Wanted { things: Some("notes and users"), ..ANY }, Err("not about notes and users"));
        check(&all, Wanted { listed: true, ..ANY }, Err("no GET lists it"));
    }
}
