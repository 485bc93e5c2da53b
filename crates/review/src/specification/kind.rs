//! Which kind of service a specification is for: it decides what is missing.

use seaworthy_init::{Figures, Language, Project, Role, System, VariableKind, figures};
use seaworthy_spec::{Action, Check};

use super::Subject;

/// What is known of the service.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kind {
    pub(super) role: Role,
    pub(super) language: Option<Language>,
    /// A PostgreSQL, whose password may change.
    pub(super) has_postgres: bool,
    /// A database or a volume: something outlives a container.
    pub(super) keeps_data: bool,
    pub(super) takes_secrets: bool,
    pub(super) size_mb: u32,
    pub(super) start_seconds: u32,
    pub(super) memory_mb: u32,
}

impl Kind {
    pub(super) fn of(subject: &Subject<'_>) -> Self {
        let database = subject.spec.database();
        let has_volume = subject.has(|check| matches!(check, Check::ImageVolume { .. }));
        let is_postgres =
            database.as_ref().is_some_and(|database| database.system == seaworthy_spec::System::PostgreSql);
        let by_spec = Self {
            role: if subject.has(answers) { Role::Web } else { Role::Worker },
            language: None,
            has_postgres: is_postgres,
            keeps_data: database.is_some() || has_volume,
            takes_secrets: database.is_some() || subject.has(|check| matches!(check, Check::EnvRequired { .. })),
            size_mb: 200,
            start_seconds: 10,
            memory_mb: 256,
        };
        subject.project.map_or(by_spec, |project| by_spec.and(project))
    }

    /// What a project's files add.
    fn and(self, project: &Project) -> Self {
        let Figures { size_mb, start_seconds, memory_mb, .. } = figures(project);
        let uses = |systems: &[System]| project.dependencies.iter().any(|one| systems.contains(&one.system));
        let databases = [System::MySql, System::SqlServer, System::Sqlite, System::MongoDb];
        let has_postgres = self.has_postgres || uses(&[System::Neon, System::PostgreSql]);
        Self {
            role: if project.port.is_some() { project.role } else { Role::Worker },
            language: project.language.as_ref().map(|found| found.value),
            has_postgres,
            keeps_data: self.keeps_data || has_postgres || uses(&databases) || !project.volumes.is_empty(),
            takes_secrets: self.takes_secrets || project.variables.iter().any(|one| one.kind != VariableKind::Plain),
            size_mb,
            start_seconds,
            memory_mb,
        }
    }

    /// Whether it answers requests.
    pub(super) fn is_web(self) -> bool {
        self.role == Role::Web
    }

    /// The signal on which its web server ends its work in order, in words.
    pub(super) fn stops(self) -> &'static str {
        match self.language {
            Some(Language::Site) => "Stops within 10s on SIGQUIT, finishing requests in flight",
            // Apache's own, SIGWINCH, which its image names.
            Some(Language::Php) => "Stops within 10s, finishing requests in flight",
            _ if self.is_web() => "Stops within 10s on SIGTERM, finishing requests in flight",
            _ => "Stops within 10s on SIGTERM",
        }
    }
}

/// Whether only a service that answers requests can keep a promise.
fn answers(check: &Check) -> bool {
    match check {
        Check::ApiCrud { .. }
        | Check::HealthEndpoint { .. }
        | Check::ImagePort { .. }
        | Check::StartRuns { port: Some(_) } => true,
        Check::EnvConfigurable { variable, .. } => variable.ends_with("PORT"),
        Check::Scenario(scenario) => scenario.steps.iter().any(|step| matches!(step.action, Action::Request(_))),
        _ => false,
    }
}
