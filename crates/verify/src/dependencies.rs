//! The servers that a run starts beside the service, by what the specification lists under *Dependencies*.

use std::net::SocketAddr;
use std::thread;

use seaworthy_dependency::{Server, StartError};
use seaworthy_engine::{Engine, Prepared, Run, Service};
use seaworthy_spec::{Dependency, Spec};

use crate::database::set;
use crate::redact::Redactor;
use crate::{Event, Options};

/// How many times the end of a wait a server may take to start: many set up their data first.
const PATIENCE: u32 = 4;

/// Every dependency but the PostgreSQL that is the service's database, which [`crate::database::RunDatabase`] has.
#[derive(Default)]
pub(crate) struct Dependencies {
    all: Vec<Provided>,
}

/// A dependency, and what became of it.
pub(crate) struct Provided {
    pub(crate) dependency: Dependency,
    pub(crate) state: State,
}

pub(crate) enum State {
    /// Its variable is given.
    Given,
    Runs(Box<Held>),
    Missing(String),
}

impl Provided {
    pub(crate) fn is_given(&self) -> bool {
        matches!(self.state, State::Given)
    }
}

/// A server that takes work. Its container goes before the image.
pub(crate) struct Held {
    pub(crate) server: Server,
    /// Where its image is from.
    pub(crate) from: String,
    _prepared: Box<dyn Prepared>,
}

impl Held {
    /// Gives a container the server, by the way that leads to it from there.
    pub(crate) fn put_into(&self, run: &mut Run, address: SocketAddr) {
        let service = Service { address, ..self.server.service() };
        set(run, &self.server.dependency().variable, &self.server.value_at(address.port()));
        run.services.retain(|other| other.name != service.name);
        run.services.push(service);
    }
}

impl Held {
    /// That it ended, though the service may need it.
    pub(crate) fn ended(&self, redactor: &Redactor) -> Option<String> {
        let ended = self.server.ended()?;
        let name = &self.server.dependency().name;
        Some(redactor.quote(&format!("{name} is no longer there: of {}, {ended}", self.from)))
    }
}

impl Dependencies {
    /// Those of a specification that are not its database.
    pub(crate) fn wanted(spec: &Spec) -> Vec<Dependency> {
        let database = spec.postgres();
        spec.needs().filter(|dependency| Some(*dependency) != database).cloned().collect()
    }

    /// Starts each whose variable is not given, all at once. `taken` is the port of the service itself.
    pub(crate) fn start(
        wanted: Vec<Dependency>,
        engine: &dyn Engine,
        options: &Options,
        taken: Option<u16>,
        redactor: &mut Redactor,
        watch: &mut dyn FnMut(Event<'_>),
    ) -> Self {
        let mut images = Vec::new();
        for dependency in &wanted {
            if options.env.iter().any(|(name, _)| *name == dependency.variable) {
                images.push(None);
                continue;
            }
            watch(Event::Begins(&format!("getting {} from `{}`", dependency.name, dependency.image)));
            let password = Server::new_password();
            if let Ok(password) = &password {
                redactor.add_password(password);
            }
            let fetched = options.images.prepare(&dependency.image, options.folder.as_deref(), engine);
            images.push(Some((fetched, password)));
        }
        watch(Event::Begins("starting what the service needs"));
        let within = options.timeout * PATIENCE;
        let started: Vec<Option<Result<Server, StartError>>> = thread::scope(|scope| {
            let begun: Vec<_> = wanted
                .iter()
                .zip(&mut images)
                .map(|(dependency, image)| {
                    let Some((Ok(fetched), password)) = image else { return None };
                    let (prepared, disk) = (fetched.prepared.as_ref(), options.disk_bytes);
                    // Taken out of its place: an error cannot be shared.
                    let password = std::mem::replace(password, Ok(String::new()));
                    Some(scope.spawn(move || Server::start(dependency, password?, prepared, taken, disk, within)))
                })
                .collect();
            let one = |thread: thread::ScopedJoinHandle<'_, _>| {
                thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            };
            begun.into_iter().map(|thread| thread.map(one)).collect()
        });
        let each = wanted.into_iter().zip(images).zip(started).map(|((dependency, image), started)| {
            let missing = |why: String, redactor: &Redactor| {
                State::Missing(redactor.quote(&format!("{} is not there: {why}", dependency.name)))
            };
            let state = match (image, started) {
                (None, _) => State::Given,
                (Some((Ok(fetched), _)), Some(Ok(server))) => {
                    State::Runs(Box::new(Held { server, from: fetched.from, _prepared: fetched.prepared }))
                }
                (Some((Ok(fetched), _)), Some(Err(error))) => {
                    missing(format!("of {}, {error}", fetched.from), redactor)
                }
                (Some((Ok(_), _)), None) => missing("it was not started".to_owned(), redactor),
                (Some((Err(error), _)), _) => missing(error.to_string(), redactor),
            };
            Provided { dependency, state }
        });
        Self { all: each.collect() }
    }

    /// Takes the PostgreSQL out that is given in this variable: the run's database is told of apart.
    pub(crate) fn take_database(&mut self, variable: Option<&str>) -> Option<Provided> {
        let is_database = |one: &Dependency| one.is_postgres() && Some(one.variable.as_str()) == variable;
        let place = self.all.iter().position(|one| is_database(&one.dependency))?;
        Some(self.all.remove(place))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Gives a container the servers, each in its variable.
    pub(crate) fn put_into(&self, run: &mut Run) {
        for (_, held) in self.running() {
            held.put_into(run, held.server.service().address);
        }
    }

    /// The server of this name, where the run started it.
    pub(crate) fn held(&self, name: &str) -> Result<&Held, String> {
        match self.called(name, "").map(|one| (&one.dependency, &one.state)) {
            Some((_, State::Runs(held))) => Ok(held),
            Some((_, State::Missing(why))) => Err(why.clone()),
            Some((dependency, State::Given)) => {
                Err(format!("{} is a given one, which no scenario may stop", dependency.variable))
            }
            None => Err(format!("no {name} was started")),
        }
    }

    fn running(&self) -> impl Iterator<Item = (&Dependency, &Held)> {
        self.all.iter().filter_map(|one| match &one.state {
            State::Runs(held) => Some((&one.dependency, held.as_ref())),
            State::Given | State::Missing(_) => None,
        })
    }

    /// Why one is not there that the service may need: it never was, or it ended meanwhile.
    pub(crate) fn missing(&self, redactor: &Redactor) -> Option<String> {
        self.all.iter().find_map(|one| match &one.state {
            State::Missing(why) => Some(why.clone()),
            State::Runs(held) => held.ended(redactor),
            State::Given => None,
        })
    }

    /// The one that a promise means: by its variable, else by its name.
    pub(crate) fn called(&self, name: &str, variable: &str) -> Option<&Provided> {
        let named = self.all.iter().filter(|one| one.dependency.is_called(name));
        let by_variable = named.clone().find(|one| one.dependency.variable == variable);
        by_variable.or_else(|| named.clone().next())
    }

    pub(crate) fn in_variable(&self, variable: &str) -> Option<&Provided> {
        self.all.iter().find(|one| one.dependency.variable == variable)
    }

    /// Those that the run gives to every container.
    pub(crate) fn given(&self) -> impl Iterator<Item = &Dependency> {
        self.running().map(|(dependency, _)| dependency)
    }
}
