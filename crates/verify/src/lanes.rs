//! When a promise is decided, and beside which others.

use std::thread;

use seaworthy_spec::{About, Check, Criterion, Spec, Stage};

use crate::run::Shared;

/// When a promise is decided, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum When {
    AtOnce,
    /// While nothing else runs: it is about time.
    Alone,
    /// It is about everything that the main container did.
    Late,
    /// It is also about what was decided before.
    Last,
}

impl When {
    pub(crate) const AFTERWARDS: [Self; 3] = [Self::Alone, Self::Late, Self::Last];

    pub(crate) fn of(criterion: &Criterion) -> Self {
        let when = criterion.checks().iter().map(|check| match check.about() {
            About::Image | About::Service | About::Container if is_about_time(check) => Self::Alone,
            // By then the service has done all that it was asked.
            About::Service if matches!(check, Check::DependencyConnects { .. }) => Self::Late,
            About::Image | About::Service | About::Container => Self::AtOnce,
            About::Life => Self::Late,
            About::Publication => Self::Last,
        });
        when.max().unwrap_or(Self::AtOnce)
    }
}

/// Where a promise's containers run, as far as others could disturb them there: many services empty their tables when they start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// On the run's database, as the main container.
    Main,
    /// They reach no server that others write to: it is about a variable.
    Variables,
    /// On a database of their own, or on none, and with nothing else of the main container's.
    Apart,
    /// The same, on another one: a container whose memory is watched, which takes seconds of waiting.
    Memory,
}

/// Which promises are decided beside others.
#[derive(Clone, Copy)]
pub(crate) struct Lanes<'a> {
    runs: Option<&'a Shared<'a>>,
}

impl<'a> Lanes<'a> {
    pub(crate) fn of(runs: Option<&'a Shared<'a>>) -> Self {
        Self { runs }
    }

    /// What is decided at once: with the main container, and beside it.
    pub(crate) fn at_once(self, spec: &Spec) -> (Vec<&Criterion>, Vec<(Place, Vec<&Criterion>)>) {
        let all: Vec<&Criterion> =
            spec.criteria.iter().filter(|criterion| When::of(criterion) == When::AtOnce).collect();
        let at = |place: Place| -> Vec<&Criterion> {
            all.iter().copied().filter(|criterion| self.place(criterion) == place).collect()
        };
        let mut beside: Vec<_> = [Place::Memory, Place::Variables, Place::Apart].map(|place| (place, at(place))).into();
        beside.retain(|(_, criteria)| !criteria.is_empty());
        let main = at(Place::Main);
        let busy = beside.len() + usize::from(main.iter().any(|criterion| criterion.stage() == Some(Stage::Run)));
        if busy > 1 && has_processors() { (main, beside) } else { (all, Vec::new()) }
    }

    /// Where all containers of a promise may run.
    pub(crate) fn place(self, criterion: &Criterion) -> Place {
        let needs_run = |check: &&Check| check.stage() == Stage::Run;
        let mut places = criterion.checks().iter().filter(needs_run).map(|check| self.place_of(check));
        match places.next() {
            Some(first) if places.all(|place| place == first) => first,
            _ => Place::Main,
        }
    }

    fn place_of(self, check: &Check) -> Place {
        let Some(runs) = self.runs else { return Place::Main };
        let database = runs.database.variable.as_deref();
        // Whatever else is given may name what they share.
        if runs.options.env.iter().any(|(name, _)| Some(name.as_str()) != database) {
            return Place::Main;
        }
        // What else they need is there once for all.
        if !runs.dependencies.is_empty() {
            return Place::Main;
        }
        match check {
            Check::EnvRuntime { variable }
            | Check::EnvRequired { variable, .. }
            | Check::EnvConfigurable { variable, .. }
                if !runs.database.is_shared() || database == Some(variable) =>
            {
                Place::Variables
            }
            Check::DatabaseRotates { .. } | Check::DataPersists { .. } | Check::Scenario(_)
                if runs.database.is_divided() =>
            {
                Place::Apart
            }
            Check::MemoryUnder { .. } if runs.database.has_one_for_memory() => Place::Memory,
            _ => Place::Main,
        }
    }
}

/// Whether a database of their own pays for the promises that could have one.
pub(crate) fn divides(spec: &Spec) -> bool {
    if spec.needs().any(|dependency| !dependency.is_postgres()) {
        return false;
    }
    let at_once = |check: &&Check| {
        let is_at_once = matches!(check.about(), About::Service | About::Container) && !is_about_time(check);
        check.stage() == Stage::Run && is_at_once
    };
    let is_apart = |check: &&Check| matches!(check, Check::DataPersists { .. } | Check::Scenario(_));
    let (memory, rest): (Vec<&Check>, Vec<&Check>) = spec.checks().filter(at_once).partition(|check| is_memory(check));
    let pays = memory.len().min(rest.len()) > 0;
    let (apart, others): (Vec<&Check>, Vec<&Check>) = rest.into_iter().partition(is_apart);
    (pays || (apart.len() > 1 && !others.is_empty())) && has_processors()
}

/// Whether a container's memory is promised.
pub(crate) fn is_memory(check: &Check) -> bool {
    matches!(check, Check::MemoryUnder { .. })
}

/// How many containers will be started when nothing is decided beside others any more, about.
pub(crate) fn containers_afterwards(spec: &Spec) -> usize {
    let afterwards = spec.criteria.iter().filter(|criterion| When::of(criterion) != When::AtOnce);
    let containers = afterwards.flat_map(Criterion::checks).map(|check| match check {
        // One that ends, and one after it.
        Check::StopGraceful { .. } | Check::Scenario(_) => 2,
        Check::LogsStdout { .. } => 1,
        _ => 0,
    });
    containers.sum()
}

/// Whether the machine has a processor for what is decided beside.
fn has_processors() -> bool {
    !thread::available_parallelism().is_ok_and(|processors| processors.get() == 1)
}

/// A bound that a busy machine could break.
fn is_about_time(check: &Check) -> bool {
    match check {
        Check::StartWithin { .. } | Check::StopGraceful { .. } | Check::HealthHealthy { .. } => true,
        Check::Scenario(scenario) => scenario.is_timed(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(sentences: &[&str]) -> Spec {
        let boxes: Vec<String> = sentences.iter().map(|sentence| format!("- [ ] {sentence}\n")).collect();
        Spec::parse(&format!("# Notes\n\n## Success Criteria\n\n{}", boxes.concat())).unwrap()
    }

    const ASKS: &str = "It answers\n\n  ```check\n  GET /health -> 200\n  ```\n";
    const ASKS_IN_TIME: &str = "It answers soon\n\n  ```check\n  GET /health -> 200 within 1s\n  ```\n";

    #[test]
    fn what_is_about_time_is_decided_alone() {
        for (sentence, expected) in [
            ("All CRUD endpoints work", When::AtOnce),
            (ASKS, When::AtOnce),
            (ASKS_IN_TIME, When::Alone),
            ("Starts within 1s", When::Alone),
            ("Stops within 10s on SIGTERM", When::Alone),
            ("Logs to stdout as JSON", When::Late),
            ("Image can be pushed to registry", When::Last),
        ] {
            assert_eq!(When::of(&spec(&[sentence]).criteria[0]), expected, "{sentence}");
        }
    }

    #[test]
    fn a_database_of_their_own_pays_for_several_promises_beside_others() {
        let crud = "All CRUD endpoints work";
        let persist = "Data persists across container restarts";
        assert!(divides(&spec(&[crud, persist, ASKS])));
        assert!(!divides(&spec(&[crud, persist])));
        assert!(!divides(&spec(&[crud, persist, ASKS_IN_TIME])));
        assert!(divides(&spec(&[crud, "Uses at most 64 MB of memory"])));
        assert!(!divides(&spec(&["Uses at most 64 MB of memory", "No secrets in image"])));
        assert!(!divides(&spec(&[persist, ASKS])));
        assert!(!divides(&spec(&[persist, ASKS, "No secrets in image"])));
    }
}
