//! Who is measured, and how each is started.

use std::path::Path;
use std::process::Command;

use super::original;

/// Whose figures stand beside each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Contestant {
    /// As shipped: one worker of `uvicorn` with what it brings.
    Original,
    /// With all that makes it faster without a change of its code.
    Tuned,
    Ours,
    /// `pgbench` with the same statements on our table.
    Ceiling,
}

impl Contestant {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Original => "original as shipped",
            Self::Tuned => "original tuned",
            Self::Ours => "Task API",
            Self::Ceiling => "pgbench",
        }
    }

    /// The database that holds so many tasks for it.
    pub(super) fn database(self, tasks: u64) -> String {
        let owner = if matches!(self, Self::Ours | Self::Ceiling) { "ours" } else { "original" };
        format!("{owner}_{tasks}")
    }

    /// Its process, on `port` of the loopback interface.
    pub(super) fn command(self, binary: &Path, python: &Path, url: &str, port: u16) -> Command {
        let port = port.to_string();
        let mut command = if self == Self::Ours {
            let mut command = Command::new(binary);
            command.env("HOST", "127.0.0.1").env("PORT", &port).current_dir("/");
            command
        } else {
            let kind = if self == Self::Tuned { "tuned" } else { "plain" };
            let mut command = Command::new(python.join(kind).join("bin/python"));
            command
                .args(["-B", "-m", "uvicorn", "main:app", "--host", "127.0.0.1", "--port", &port, "--app-dir"])
                .arg(original::FOLDER);
            if self == Self::Tuned {
                command
                    .args(["--workers", "2", "--loop", "uvloop", "--http", "httptools", "--no-access-log"])
                    .env("POOL_SIZE", "32");
            }
            command
        };
        command.env("DATABASE_URL", url);
        command
    }
}
