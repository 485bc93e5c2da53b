//! Calling the program, and showing what it did.

use std::fmt::Write as _;
use std::fs;
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use tempfile::TempDir;

/// A specification that is understood, whole.
pub(crate) const SPEC: &str = "\
# Containerization Specification: Notes

## Constraints
- **PORT**: Configurable, defaults to 8000

## Success Criteria
- [ ] Image size under 10 MB
- [ ] Health check endpoint responds at `/health`
- [ ] Container runs as non-root user
";

/// A folder of its own, in which the program is called.
pub(crate) struct Place {
    folder: TempDir,
}

impl Place {
    pub(crate) fn empty() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// With a file in it.
    pub(crate) fn with(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
        self
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The program, ready to be started here with nothing of the test's environment that it looks at.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_seaworthy"));
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env_remove("NO_COLOR")
            .env_remove("DOCKER_HOST")
            .env_remove("COSIGN_PASSWORD")
            .env_remove("CARGO_TARGET_DIR");
        command
    }

    /// What the program says at a terminal where each answer is typed once its question is there.
    #[track_caller]
    pub(crate) fn at_a_terminal(&self, arguments: &[&str], answers: &[(&str, &str)]) -> String {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap().into_string().unwrap();
        let terminal = fs::OpenOptions::new().read(true).write(true).open(name).unwrap();
        let mut command = self.command(arguments);
        command.env("NO_COLOR", "1").stdin(terminal.try_clone().unwrap()).stdout(Stdio::null()).stderr(terminal);
        let mut child = command.spawn().unwrap();
        // Its copies of the terminal: reading ends once the program's are closed.
        drop(command);
        let mut master = fs::File::from(master);
        let (mut said, mut answered) = (Vec::new(), 0);
        for (question, answer) in answers {
            while !String::from_utf8_lossy(&said[answered..]).contains(question) {
                let mut bytes = [0; 256];
                let read = master
                    .read(&mut bytes)
                    .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&said)));
                said.extend_from_slice(&bytes[..read]);
            }
            answered = said.len();
            writeln!(master, "{answer}").unwrap();
        }
        // Once the program is gone, so is the terminal, and reading fails.
        let _ = master.read_to_end(&mut said);
        let code = child.wait().unwrap().code();
        format!("exit {code:?}\n{}", String::from_utf8_lossy(&said).replace('\r', ""))
    }

    /// Exit code, stdout and stderr; the folder's own name is replaced.
    pub(crate) fn call(&self, arguments: &[&str]) -> String {
        show(&self.command(arguments).output().unwrap()).replace(&self.folder.path().display().to_string(), "FOLDER")
    }
}

/// What stands on stderr but for the lines that tell of a part of the work that begins.
pub(crate) fn told(output: &Output) -> String {
    let stderr = String::from_utf8_lossy(&output.stderr);
    stderr.split_inclusive('\n').filter(|line| !line.ends_with(" …\n")).collect()
}

/// Exit code, stdout and stderr as one text, without the progress.
pub(crate) fn show(output: &Output) -> String {
    let mut text = match output.status.code() {
        Some(code) => format!("exit {code}\n"),
        None => "ended by a signal\n".to_owned(),
    };
    for (name, told) in [("stdout", String::from_utf8_lossy(&output.stdout).into_owned()), ("stderr", told(output))] {
        if !told.is_empty() {
            let _ = write!(text, "--- {name}\n{told}");
        }
    }
    text
}
