//! What a service needs beside itself: the lines under *Dependencies* that are understood whole.

mod kind;
mod line;
mod page;

use crate::{Check, Spec};

pub use kind::{Kind, Open, Protocol, Ready, kinds};
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
        let of_kind = self.kind.is_some_and(|kind| (kind.has_password() && !self.is_open()) || kind.has_keys());
        names(&self.form) || command || of_kind
    }

    /// Whether a server that would demand the password lets everyone in: nothing tells it to the service.
    pub fn is_open(&self) -> bool {
        self.kind.is_some_and(Kind::has_password) && !self.form.contains("{password}")
    }

    /// Variables for the server, with the names in braces that a [`Values`] fills in.
    pub fn env(&self) -> &'static [(&'static str, &'static str)] {
        self.opened().map(|open| open.env).or(self.kind.map(|kind| kind.env)).unwrap_or_default()
    }

    /// What takes the place of the image's own arguments, as [`Dependency::env`]; `None` where those are right.
    pub fn arguments(&self) -> Option<Vec<String>> {
        let of_kind = self.opened().map(|open| open.command).or(self.kind.map(|kind| kind.command));
        let of_kind = of_kind.filter(|words| !words.is_empty());
        self.command.clone().or(of_kind.map(|words| words.iter().map(|word| (*word).to_owned()).collect()))
    }

    fn opened(&self) -> Option<&'static Open> {
        self.kind.filter(|_| self.is_open()).and_then(|kind| kind.open.as_ref())
    }

    /// Whether the value names no port, so that the server must be reached at its own.
    pub fn has_fixed_port(&self) -> bool {
        !self.form.contains("{port}")
    }

    /// The form of its value, where that is not the kind's.
    pub fn own_form(&self) -> Option<&str> {
        Some(self.form.as_str()).filter(|form| self.kind.is_none_or(|kind| kind.form != *form))
    }

    /// Whether a server of the same kind that is installed cannot take its place: it has an image or a command of its own, or must be at its own
    /// port, or let everyone in.
    pub fn is_particular(&self) -> bool {
        let has_own_image = self.kind.is_none_or(|kind| kind.image != self.image);
        has_own_image || self.command.is_some() || self.has_fixed_port() || self.is_open()
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

    /// The PostgreSQL that is the service's database: the line that gives the database's variable. Any other is a server as those of other kinds.
    pub fn postgres(&self) -> Option<&Dependency> {
        let variable = self.database()?.variable;
        self.needs().find(|dependency| dependency.is_postgres() && dependency.variable == variable)
    }

    /// A PostgreSQL is given by the variable that all else in the text says: the first, where no line gives that one.
    pub(crate) fn name_database(&mut self) {
        let Some(variable) = self.database().map(|database| database.variable) else { return };
        if self.postgres().is_some() {
            return;
        }
        let lines = self.dependencies.iter_mut().filter_map(|line| line.read.as_mut().ok());
        lines.filter(|found| found.is_postgres()).take(1).for_each(|found| found.variable.clone_from(&variable));
    }
}

/// What stands for the names in braces in a value, a variable or a command.
#[derive(Clone, Copy)]
pub struct Values<'a> {
    pub host: &'a str,
    pub port: u16,
    pub user: &'a str,
    pub password: &'a str,
    pub database: &'a str,
}

impl Values<'_> {
    /// The text with them in the place of `{host}`, `{port}`, `{user}`, `{password}` and `{database}`.
    pub fn fill(self, text: &str) -> String {
        text.replace("{host}", self.host)
            .replace("{port}", &self.port.to_string())
            .replace("{user}", self.user)
            .replace("{database}", self.database)
            .replace("{password}", self.password)
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
