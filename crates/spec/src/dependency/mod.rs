//! What a service needs beside itself: the lines under *Dependencies* that are understood whole.

mod kind;
mod line;
mod page;

use crate::{Check, Spec};

pub use kind::{Kind, Protocol, Ready, kinds};
pub(crate) use line::read;
pub use page::dependencies_markdown;

/// The most dependencies of one specification; further lines stay prose.
pub(crate) const MOST: usize = 10;

/// A line under *Dependencies*.
#[derive(Debug, Clone, PartialEq)]
pub struct DependencyLine {
    /// 1-based.
    pub line: usize,
    /// Without emphasis and backticks.
    pub text: String,
    /// What it asks for, or why it stays prose.
    pub read: Result<Dependency, String>,
}

/// A server that a run starts beside the service.
#[derive(Debug, Clone, PartialEq)]
pub struct Dependency {
    /// As the line calls it: `Redis`, `payment API`.
    pub name: String,
    /// What stands before a colon: `Object storage`.
    pub label: Option<String>,
    /// `None` for a server that only its image describes.
    pub kind: Option<&'static Kind>,
    /// The image's reference, as the line or the kind names it.
    pub image: String,
    /// Where the server listens in its container.
    pub port: u16,
    /// In the place of the kind's command, and of the image's own.
    pub command: Option<Vec<String>>,
    /// The variable that holds its address for the service.
    pub variable: String,
    /// The value of that variable, with `{host}`, `{port}`, `{user}`, `{password}` and `{database}` in it.
    pub form: String,
    /// Whether the line names the variable.
    pub(crate) is_named: bool,
}

impl Dependency {
    /// Whether a promise that speaks of `name` means this dependency.
    pub fn is_called(&self, name: &str) -> bool {
        let plain = |text: &str| line::plain_name(text);
        let name = plain(name);
        let own = std::iter::once(self.name.as_str()).chain(self.label.as_deref()).map(plain).any(|own| own == name);
        own || self.kind.is_some_and(|kind| kind.is_called(&name))
    }

    /// A PostgreSQL of the usual image, given in `variable`.
    pub fn postgres(variable: &str) -> Option<Self> {
        let found = line::read(0, kinds().iter().find(|kind| kind.protocol == Protocol::PostgreSql)?.name).read.ok()?;
        Some(Self { variable: variable.to_owned(), ..found })
    }

    /// Whether it speaks PostgreSQL's protocol, so that an installed server can be in its place.
    pub fn is_postgres(&self) -> bool {
        self.kind.is_some_and(|kind| kind.protocol == Protocol::PostgreSql)
    }

    /// Whether it may let nobody in without a login: it has a password of the run's, or keys of its own.
    pub fn has_login(&self) -> bool {
        let names = |text: &str| text.contains("{password}") || text.contains("{user}");
        let command = self.command.iter().flatten().any(|word| names(word));
        names(&self.form) || command || self.kind.is_some_and(|kind| kind.has_password() || kind.has_keys())
    }

    /// What the host name begins with by which the service reaches it: `redis.internal`.
    pub fn host(&self) -> String {
        let plain = line::plain_name(&self.name);
        let words: Vec<&str> =
            plain.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
        format!("{}.internal", if words.is_empty() { "dependency".to_owned() } else { words.join("-") })
    }
}

impl Spec {
    /// What the run starts beside the service, in the order of the text.
    ///
    /// ```
    /// let spec = seaworthy_spec::Spec::parse("## Success Criteria\n- [ ] No setuid files\n## Dependencies\n- Redis, given as `CACHE_URL`\n- No Kafka needed\n")?;
    /// let needs: Vec<_> = spec.needs().map(|one| (one.image.as_str(), one.variable.as_str())).collect();
    /// assert_eq!(needs, [("redis:7-alpine", "CACHE_URL")]);
    /// # Ok::<(), seaworthy_spec::SpecError>(())
    /// ```
    pub fn needs(&self) -> impl Iterator<Item = &Dependency> {
        self.dependencies.iter().filter_map(|line| line.read.as_ref().ok())
    }

    /// A PostgreSQL is given by the variable that all else in the text says.
    pub(crate) fn name_database(&mut self) {
        let Some(variable) = self.database().map(|database| database.variable) else { return };
        let lines = self.dependencies.iter_mut().filter_map(|line| line.read.as_mut().ok());
        lines.filter(|dependency| dependency.is_postgres()).for_each(|found| found.variable.clone_from(&variable));
    }
}

/// Gives each dependency whose line names no variable the one that a promise names for it.
pub(crate) fn name_variables(lines: &mut [DependencyLine], checks: &[&Check]) {
    for dependency in lines.iter_mut().filter_map(|line| line.read.as_mut().ok()) {
        let promised = checks.iter().find_map(|check| match check {
            Check::DependencyConnects { name, variable } | Check::DatabaseConnects { name, variable }
                if !variable.is_empty() && dependency.is_called(name) =>
            {
                Some(variable.clone())
            }
            _ => None,
        });
        if let Some(variable) = promised.filter(|_| !dependency.is_named) {
            dependency.variable = variable;
        }
    }
    let mut taken: Vec<String> = Vec::new();
    for line in lines {
        let Ok(dependency) = &line.read else { continue };
        if taken.len() == MOST {
            line.read = Err(format!("a run starts at most {MOST} dependencies"));
        } else if taken.contains(&dependency.variable) {
            line.read = Err(format!("`{}` is given by another line", dependency.variable));
        } else {
            taken.push(dependency.variable.clone());
        }
    }
}
