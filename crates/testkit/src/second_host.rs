//! A second host: a small virtual machine with its own kernel, boot, root file system and machine id.
//!
//! Nothing of the first host is in it but what a test puts there. It reaches the first host's loopback under the name
//! [`FIRST_HOST`], and nothing else.

mod machine;
mod root;

use std::fs::{self, File};
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;

use anyhow::{Context as _, ensure};

/// The name by which the second host reaches what listens on the first one's 127.0.0.1.
pub const FIRST_HOST: &str = "first-host.test";

/// What may come back.
const RESULT_BYTES_MAX: u64 = 64 << 20;

/// A machine that is not started yet, and the files that it will have.
pub struct SecondHost {
    folder: tempfile::TempDir,
    files: tar::Builder<File>,
}

/// What a command did there.
#[derive(Debug)]
pub struct Outcome {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
    /// `6.1.0-18-cloud-amd64`
    pub kernel: String,
    /// Of `/etc/machine-id`: another one at every boot.
    pub machine: String,
    /// Of this boot.
    pub boot: String,
}

impl SecondHost {
    /// A machine without files of one's own.
    ///
    /// # Errors
    ///
    /// Fails if there is no room for its files.
    pub fn new() -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let files = tar::Builder::new(File::create(folder.path().join(machine::FILES))?);
        Ok(Self { folder, files })
    }

    /// With a file, readable for all; `path` is absolute.
    ///
    /// # Errors
    ///
    /// Fails if it cannot be kept.
    pub fn file(mut self, path: &str, content: impl AsRef<[u8]>) -> anyhow::Result<Self> {
        self.put(path, 0o644, content.as_ref())?;
        Ok(self)
    }

    /// With a program of this machine in its `PATH`, under the same name.
    ///
    /// # Errors
    ///
    /// Fails if there is none.
    pub fn program(mut self, program: &Path) -> anyhow::Result<Self> {
        let content = fs::read(program).with_context(|| format!("cannot read `{}`", program.display()))?;
        let name = program.file_name().and_then(|name| name.to_str()).context("a program has a name")?;
        self.put(&format!("/usr/local/bin/{name}"), 0o755, &content)?;
        Ok(self)
    }

    /// Boots, runs the command as root, switches off. Takes a minute or more where the processor is emulated; the first time on a machine
    /// also makes the root file system, from the distribution's packages.
    ///
    /// # Errors
    ///
    /// Fails, with the line that installs it, where QEMU is missing; with the console's last lines, if the machine does not come to the end.
    pub fn run(mut self, command: &[&str]) -> anyhow::Result<Outcome> {
        let words: Vec<String> = command.iter().map(|word| quoted(word)).collect();
        self.put("/second-host/hosts", 0o644, format!("127.0.0.1 localhost\n10.0.2.2 {FIRST_HOST}\n").as_bytes())?;
        self.put("/second-host/command", 0o644, format!("exec {}\n", words.join(" ")).as_bytes())?;
        let Self { folder, files } = self;
        files.into_inner()?.sync_data()?;
        File::create(folder.path().join(machine::RESULT))?.set_len(RESULT_BYTES_MAX)?;

        machine::run(&root::made()?, folder.path())?;
        Outcome::read(File::open(folder.path().join(machine::RESULT))?)
    }

    fn put(&mut self, path: &str, mode: u32, content: &[u8]) -> anyhow::Result<()> {
        let name = path.strip_prefix('/').with_context(|| format!("`{path}` is not absolute"))?;
        let mut header = tar::Header::new_gnu();
        header.set_mode(mode);
        header.set_size(content.len() as u64);
        self.files.append_data(&mut header, name, content)?;
        Ok(())
    }
}

impl Outcome {
    fn read(mut result: File) -> anyhow::Result<Self> {
        result.seek(SeekFrom::Start(0))?;
        let mut outcome = Self {
            code: -1,
            stdout: String::new(),
            stderr: String::new(),
            kernel: String::new(),
            machine: String::new(),
            boot: String::new(),
        };
        let mut code = None;
        for entry in tar::Archive::new(result.take(RESULT_BYTES_MAX)).entries()? {
            let mut entry = entry?;
            let name = entry.path()?.to_string_lossy().trim_start_matches("./").to_owned();
            let mut text = Vec::new();
            entry.read_to_end(&mut text)?;
            let text = String::from_utf8_lossy(&text).into_owned();
            match name.as_str() {
                "code" => code = Some(text.trim().parse()?),
                "stdout" => outcome.stdout = text,
                "stderr" => outcome.stderr = text,
                "kernel" => text.trim().clone_into(&mut outcome.kernel),
                "machine" => text.trim().clone_into(&mut outcome.machine),
                "boot" => text.trim().clone_into(&mut outcome.boot),
                _ => {}
            }
        }
        outcome.code = code.context("the second host told no exit code")?;
        ensure!(!outcome.kernel.is_empty(), "the second host did not say which kernel it has");
        Ok(outcome)
    }
}

/// As a shell reads it back.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}
