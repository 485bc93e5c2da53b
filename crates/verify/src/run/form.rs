//! Services whose driver takes no URL in the form of the throwaway server's, `postgresql://HOST/DATABASE?sslmode=…`: what they do with it
//! shows nothing of what they do with a URL of their own.

use seaworthy_engine::{Container, Logs};
use seaworthy_report::{Database as Kind, Verdict};
use seaworthy_spec::Check;

use super::{Main, Runs};
use crate::Finding;

/// What a driver says of a URL that is not in its form, or what looks for the driver.
const REFUSALS: [&str; 11] = [
    // SQLAlchemy, where the scheme has to name a driver: `postgresql+psycopg://`, `postgresql+asyncpg://`.
    "No module named 'psycopg2'",
    "requires an async driver",
    // asyncpg behind SQLAlchemy, which is given libpq's parameters.
    "unexpected keyword argument 'sslmode'",
    "unexpected keyword argument 'sslrootcert'",
    "unexpected keyword argument 'channel_binding'",
    // The server, which is given the parameters that asyncpg and lib/pq do not know.
    "unrecognized configuration parameter \"channel_binding\"",
    // libpq before version 13.
    "invalid URI query parameter: \"channel_binding\"",
    // JDBC, by HikariCP, Spring and the JDK.
    "claims to not accept jdbcUrl",
    "'url' must start with \"jdbc\"",
    "No suitable driver found for postgres",
    // Npgsql.
    "Format of the initialization string does not conform to specification",
];

impl Runs<'_> {
    /// Why a container shows nothing whose log says that its driver takes no URL like the throwaway server's.
    pub(super) fn foreign_form(&self, container: &dyn Container) -> Option<String> {
        let variable = self.database.variable.as_deref().filter(|_| self.database.kind == Kind::StandIn)?;
        is_refused(&container.logs().ok()?).then(|| {
            format!(
                "its driver takes no URL in the form of the throwaway PostgreSQL's, postgresql://…?sslmode=require…; give one in its own form \
                 with `--env {variable}`"
            )
        })
    }

    /// A promise that was broken for that reason alone is not broken.
    pub(crate) fn unless_foreign_form(&self, main: &Main, check: &Check, finding: Finding) -> Finding {
        if finding.verdict != Verdict::Fail || !works_with_the_database(check) {
            return finding;
        }
        match self.foreign_form(main.up.container.as_ref()) {
            Some(why) => Finding::unproven(format!("{why}: {}", finding.evidence)),
            None => finding,
        }
    }
}

fn is_refused(logs: &Logs) -> bool {
    REFUSALS.iter().any(|refusal| logs.stderr.contains(refusal) || logs.stdout.contains(refusal))
}

/// Whether the service may need its database to keep the promise.
fn works_with_the_database(check: &Check) -> bool {
    matches!(
        check,
        Check::HealthHealthy { .. }
            | Check::HealthEndpoint { .. }
            | Check::ApiCrud { .. }
            | Check::DatabaseConnects { .. }
            | Check::DatabaseRotates { .. }
            | Check::DataPersists { .. }
            | Check::StartRuns { .. }
            | Check::StartWithin { .. }
            | Check::StopGraceful { .. }
            | Check::MemoryUnder { .. }
            | Check::RootfsReadOnly { .. }
            | Check::CapabilitiesNone
            | Check::Scenario(_)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, expected: bool) {
        let logs = |stdout: &str, stderr: &str| Logs { stdout: stdout.to_owned(), stderr: stderr.to_owned() };
        assert_eq!(is_refused(&logs("started\n", line)), expected, "{line}");
        assert_eq!(is_refused(&logs(line, "")), expected, "{line}");
    }

    #[test]
    fn a_url_in_another_form_is_told_from_other_faults() {
        check("ModuleNotFoundError: No module named 'psycopg2'\n", true);
        check("TypeError: connect() got an unexpected keyword argument 'sslmode'\n", true);
        check(
            "Driver org.postgresql.Driver claims to not accept jdbcUrl, postgresql://***@database.internal/app\n",
            true,
        );
        check("FATAL: unrecognized configuration parameter \"channel_binding\"\n", true);
        check("ModuleNotFoundError: No module named 'app'\n", false);
        check("FATAL: password authentication failed for user \"app\"\n", false);
        check("TypeError: main() got an unexpected keyword argument 'port'\n", false);
    }
}
