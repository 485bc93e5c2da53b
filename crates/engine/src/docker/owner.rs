//! Whose a container, network, volume or image tag is, and whether that process is still there.

use std::collections::HashMap;
use std::fmt;
use std::fs;
use std::str::FromStr;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::machine;

/// A label of everything made: [`Owner`].
pub(crate) const OWNER_LABEL: &str = "dev.seaworthy.owner";
/// A label of everything made: the run's name.
pub(crate) const RUN_LABEL: &str = "dev.seaworthy.run";

/// A process, told apart from every other one, also after a reboot and from inside other PID namespaces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Owner {
    /// The first digits of the keyed ids; `0` where unknown.
    machine: String,
    boot: String,
    namespace: u64,
    pid: u32,
    /// In the kernel's ticks since the boot.
    started: u64,
}

impl Owner {
    /// This process.
    pub(crate) fn current() -> Self {
        let short = |id: Option<String>| id.map_or_else(|| "0".to_owned(), |id| id[..12].to_owned());
        let pid = std::process::id();
        Self {
            machine: short(machine::id()),
            boot: short(machine::boot()),
            namespace: namespace().unwrap_or(0),
            pid,
            started: started(pid).unwrap_or(0),
        }
    }

    /// Certainly gone: of this machine, and of an earlier boot or a process that is no more. Who cannot be judged from here is not.
    pub(crate) fn is_gone(&self) -> bool {
        let current = Self::current();
        if self.machine == "0" || self.machine != current.machine || self.boot == "0" || current.boot == "0" {
            return false;
        }
        self.boot != current.boot || (self.namespace == current.namespace && started(self.pid) != Some(self.started))
    }

    pub(crate) fn labels(&self, run: &str) -> HashMap<String, String> {
        HashMap::from([(OWNER_LABEL.to_owned(), self.to_string()), (RUN_LABEL.to_owned(), run.to_owned())])
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { machine, boot, namespace, pid, started } = self;
        write!(f, "{machine}-{boot}-{namespace}-{pid}-{started}")
    }
}

impl FromStr for Owner {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let [machine, boot, namespace, pid, started] = text.split('-').collect::<Vec<_>>()[..] else { return Err(()) };
        Ok(Self {
            machine: machine.to_owned(),
            boot: boot.to_owned(),
            namespace: namespace.parse().map_err(|_| ())?,
            pid: pid.parse().map_err(|_| ())?,
            started: started.parse().map_err(|_| ())?,
        })
    }
}

/// A name for one prepared image of this process: [`Owner`], a dot, a number.
pub(crate) fn run_name(owner: &Owner) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    format!("{owner}.{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

fn namespace() -> Option<u64> {
    let link = fs::read_link("/proc/self/ns/pid").ok()?;
    link.to_str()?.strip_prefix("pid:[")?.strip_suffix(']')?.parse().ok()
}

/// The 22nd field of `/proc/PID/stat`; the second one may hold anything, spaces and brackets too.
fn started(pid: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(')')?.1.split_whitespace().nth(19)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_is_gone_when_its_process_or_its_boot_is() {
        let current = Owner { machine: "m".to_owned(), ..Owner::current() };
        assert_eq!(current.to_string().parse(), Ok(current.clone()));
        let current = Owner::current();
        assert!(!current.is_gone());
        if current.machine != "0" {
            assert!(Owner { started: current.started + 1, ..current.clone() }.is_gone());
            assert!(Owner { pid: u32::MAX, ..current.clone() }.is_gone());
            assert!(Owner { boot: "earlier".to_owned(), ..current.clone() }.is_gone());
        }
        assert!(!Owner { machine: "another".to_owned(), pid: u32::MAX, ..current.clone() }.is_gone());
        assert!(!Owner { machine: "0".to_owned(), pid: u32::MAX, ..current.clone() }.is_gone());
        assert!(!Owner { namespace: 1, pid: u32::MAX, ..current }.is_gone());
        assert!("".parse::<Owner>().is_err());
        assert!("a-b-c-d-e".parse::<Owner>().is_err());
    }
}
