//! Starting the machine, and waiting for its end.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

use super::root::Root;

/// The tar archive of files that the machine is given, and the one that it gives back: disks of it.
pub(crate) const FILES: &str = "files.tar";
pub(crate) const RESULT: &str = "result.tar";

/// A real processor boots in a second.
const KVM_UP: Duration = Duration::from_secs(20);
/// An emulated one on a busy machine takes minutes for what a real one does in seconds.
const END: Duration = Duration::from_mins(20);
const UP: &str = "second host: up";
const ENDED: &str = "second host: end";
const LINES_SHOWN: usize = 20;

/// The processor, as QEMU's arguments.
///
/// An emulated one counts its instructions, one a nanosecond: what else goes on makes the machine take longer, and does not make its
/// programs late by its own clock. It is the only one, as counting takes that.
const KVM: &[&str] = &["-accel", "kvm", "-cpu", "host", "-smp", "2"];
const EMULATED: &[&str] = &["-accel", "tcg", "-icount", "shift=0", "-cpu", "Nehalem", "-smp", "1"];

/// Runs the machine on the disks in `folder` until it switches itself off.
pub(crate) fn run(root: &Root, folder: &Path) -> anyhow::Result<()> {
    if has_kvm() {
        let mut machine = Machine::start(root, folder, KVM)?;
        if machine.says(UP, KVM_UP)? {
            return machine.ends();
        }
        // There is a device that does not do what it says: the emulated processor does.
    }
    Machine::start(root, folder, EMULATED)?.ends()
}

/// Whether the processor itself runs guests. Without that a `/dev/kvm` may be there all the same, for kernels made for it.
fn has_kvm() -> bool {
    let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let virtualises = cpuinfo
        .lines()
        .filter(|line| line.starts_with("flags"))
        .any(|line| line.split_whitespace().any(|flag| flag == "vmx" || flag == "svm"));
    virtualises && fs::File::options().read(true).write(true).open("/dev/kvm").is_ok()
}

/// A running machine. Dropping it ends it; so does the end of the thread that started it.
struct Machine {
    qemu: Child,
    console: Receiver<String>,
    lines: Vec<String>,
    until: Instant,
}

impl Drop for Machine {
    fn drop(&mut self) {
        let _ = self.qemu.kill();
        let _ = self.qemu.wait();
    }
}

impl Machine {
    fn start(root: &Root, folder: &Path, processor: &[&str]) -> anyhow::Result<Self> {
        let disk = |path: &Path, name: &str, options: &str| {
            // QEMU reads two commas as one of the name.
            format!("file={},id={name},format=raw,if=none,{options}", path.display().to_string().replace(',', ",,"))
        };
        let mut qemu = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", "--", "qemu-system-x86_64"])
            .args(processor)
            .args([
                "-m",
                "2048",
                "-nodefaults",
                "-no-user-config",
                "-display",
                "none",
                "-serial",
                "stdio",
                "-no-reboot",
            ])
            .arg("-kernel")
            .arg(&root.kernel)
            .args(["-append", "console=ttyS0 quiet panic=-1 mitigations=off root=/dev/nvme0n1 rw init=/init"])
            .args(["-device", "nvme,id=disks,serial=second-host"])
            .args(["-drive", &disk(&root.disk, "root", "snapshot=on,cache=unsafe")])
            .args(["-device", "nvme-ns,drive=root,bus=disks,nsid=1"])
            .args(["-drive", &disk(&folder.join(FILES), "files", "readonly=on")])
            .args(["-device", "nvme-ns,drive=files,bus=disks,nsid=2"])
            .args(["-drive", &disk(&folder.join(RESULT), "result", "cache=unsafe")])
            .args(["-device", "nvme-ns,drive=result,bus=disks,nsid=3"])
            .args(["-netdev", "user,id=net", "-device", "virtio-net-pci,netdev=net,romfile="])
            // Where the changes of the root go, in a file without a name.
            .env("TMPDIR", folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .context("cannot start QEMU")?;
        let (line, console) = channel();
        let outputs: [Option<Box<dyn std::io::Read + Send>>; 2] = [
            qemu.stdout.take().map(|pipe| Box::new(pipe) as Box<_>),
            qemu.stderr.take().map(|pipe| Box::new(pipe) as Box<_>),
        ];
        for output in outputs.into_iter().flatten() {
            let line = line.clone();
            thread::spawn(move || {
                for bytes in BufReader::new(output).split(b'\n').map_while(Result::ok) {
                    let _ = line.send(String::from_utf8_lossy(&bytes).trim_end().to_owned());
                }
            });
        }
        Ok(Self { qemu, console, lines: Vec::new(), until: Instant::now() + END })
    }

    /// Whether the line comes before the machine ends, and in time.
    fn says(&mut self, expected: &str, within: Duration) -> anyhow::Result<bool> {
        let until = self.until.min(Instant::now() + within);
        loop {
            match self.console.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(line) => {
                    let found = line.contains(expected);
                    self.lines.push(line);
                    if found {
                        return Ok(true);
                    }
                }
                Err(RecvTimeoutError::Disconnected) if self.qemu.wait()?.code() == Some(127) => {
                    bail!("the second host needs QEMU: apt-get install --no-install-recommends qemu-system-x86")
                }
                Err(_) => return Ok(false),
            }
        }
    }

    fn ends(mut self) -> anyhow::Result<()> {
        if self.says(ENDED, END)? {
            // What it wrote is on the disk when its process is gone.
            while self.console.recv_timeout(self.until.saturating_duration_since(Instant::now())).is_ok() {}
            return Ok(());
        }
        let shown = &self.lines[self.lines.len().saturating_sub(LINES_SHOWN)..];
        bail!("the second host did not come to its end; its console's last lines:\n{}", shown.join("\n"))
    }
}
