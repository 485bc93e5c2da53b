//! `user.non_root`, `user.is`: the ids of every process that was seen.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use seaworthy_engine::{Container, Process};

use super::{Main, Runs};
use crate::Finding;
use crate::image::Privilege;

/// The processes that were seen, and how often somebody looked.
#[derive(Debug, Default)]
pub(crate) struct Users {
    seen: BTreeMap<(u32, [u32; 3]), Process>,
    looks: usize,
    looked_at: Option<Instant>,
}

impl Users {
    /// Looks at the container's processes now.
    pub(crate) fn look(&mut self, container: &dyn Container) {
        let Ok(processes) = container.processes() else { return };
        if processes.is_empty() {
            return;
        }
        self.looks += 1;
        self.looked_at = Some(Instant::now());
        for process in processes {
            self.seen.insert((process.pid, process.uids), process);
        }
    }

    pub(crate) fn processes(&self) -> impl Iterator<Item = &Process> {
        self.seen.values()
    }

    /// `1 process seen in 4 looks`.
    fn told(&self) -> String {
        let pids: std::collections::BTreeSet<u32> = self.seen.keys().map(|(pid, _)| *pid).collect();
        let (count, looks) = (pids.len(), self.looks);
        let processes = if count == 1 { "process" } else { "processes" };
        let times = if looks == 1 { "probe" } else { "probes" };
        format!("{count} {processes} seen in {looks} {times}")
    }

    fn all_but_root(&self, quote: impl Fn(&str) -> String) -> Finding {
        if let Some(root) = self.processes().find(|process| process.uids.contains(&0)) {
            let [real, effective, saved] = root.uids;
            return Finding::fail(format!(
                "`{}` runs with uid {real} (effective {effective}, saved {saved}); {}",
                quote(&root.command),
                self.told()
            ));
        }
        if let Some((process, gives)) = self.processes().find_map(|process| {
            let gives = process.capabilities.filter(|bits| *bits != 0).map(Privilege::Capabilities)?;
            gives.makes_root().then_some((process, gives))
        }) {
            return Finding::fail(format!(
                "`{}` runs with uid {} and {}, which can make it root; {}",
                quote(&process.command),
                process.uids[1],
                gives.describe(),
                self.told()
            ));
        }
        let uids: std::collections::BTreeSet<String> = self.processes().map(|p| p.uids[1].to_string()).collect();
        let uids = uids.into_iter().collect::<Vec<_>>().join(", ");
        let finding = Finding::pass(format!("uid {uids} in every process, {}", self.told()));
        match self.processes().find(|process| process.gids.contains(&0)) {
            Some(process) => finding.warn(format!("`{}` is in group 0", quote(&process.command))),
            None => finding,
        }
    }

    fn all_are(&self, uid: u32, gid: Option<u32>, quote: impl Fn(&str) -> String) -> Finding {
        let other = |what: &str, process: &Process, id: u32| {
            Finding::fail(format!("`{}` runs with {what} {id}; {}", quote(&process.command), self.told()))
        };
        if let Some(process) = self.processes().find(|process| process.uids != [uid; 3]) {
            return other("uid", process, process.uids[1]);
        }
        match gid {
            Some(gid) => match self.processes().find(|process| process.gids != [gid; 3]) {
                Some(process) => other("gid", process, process.gids[1]),
                None => Finding::pass(format!("uid {uid} and gid {gid} in every process, {}", self.told())),
            },
            None => Finding::pass(format!("uid {uid} in every process, {}", self.told())),
        }
    }
}

impl Runs<'_> {
    pub(crate) fn non_root(&self, main: &Main) -> Finding {
        seen(main, |users| users.all_but_root(|text| self.redactor.quote(text)))
    }

    pub(crate) fn runs_as(&self, main: &Main, uid: u32, gid: Option<u32>) -> Finding {
        seen(main, |users| users.all_are(uid, gid, |text| self.redactor.quote(text)))
    }
}

/// The command lines of all processes that were seen.
pub(crate) fn commands_seen(main: &Main) -> Vec<String> {
    main.users().processes().map(|process| process.command.clone()).collect()
}

fn seen(main: &Main, judge: impl Fn(&Users) -> Finding) -> Finding {
    // Two checks of one sentence see the same.
    const FRESH: Duration = Duration::from_millis(200);
    let mut users = main.users();
    if users.looked_at.is_none_or(|looked_at| looked_at.elapsed() > FRESH) {
        users.look(main.up.container.as_ref());
    }
    if users.seen.is_empty() {
        return Finding::unproven("no process of the container could be seen");
    }
    judge(&users)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn users(ids: &[[u32; 3]]) -> Users {
        let process = |(pid, uids): (u32, &[u32; 3])| {
            let process = Process {
                pid,
                command: "notes".to_owned(),
                uids: *uids,
                gids: [1000; 3],
                capabilities: None,
                is_first: true,
                handles_term: None,
            };
            ((pid, *uids), process)
        };
        Users { seen: (1..).zip(ids).map(process).collect(), looks: 2, looked_at: None }
    }

    #[test]
    fn any_id_of_root_in_any_process_breaks_it() {
        for (ids, expected) in [
            (&[[1000; 3]][..], "uid 1000 in every process, 1 process seen in 2 probes"),
            (
                &[[1000; 3], [1000, 1000, 0]],
                "`notes` runs with uid 1000 (effective 1000, saved 0); 2 processes seen in 2 probes",
            ),
            (&[[0; 3]], "`notes` runs with uid 0 (effective 0, saved 0); 1 process seen in 2 probes"),
        ] {
            assert_eq!(users(ids).all_but_root(str::to_owned).evidence, expected);
        }
        let pass = users(&[[1000; 3]]).all_are(1000, None, str::to_owned);
        assert_eq!(pass.verdict, seaworthy_report::Verdict::Pass);
        let fail = users(&[[1000; 3], [1000, 1001, 1000]]).all_are(1000, None, str::to_owned);
        assert_eq!(fail.evidence, "`notes` runs with uid 1001; 2 processes seen in 2 probes");
        let group = |gid| users(&[[1000; 3]]).all_are(1000, Some(gid), str::to_owned).evidence;
        assert_eq!(group(1000), "uid 1000 and gid 1000 in every process, 1 process seen in 2 probes");
        assert_eq!(group(1001), "`notes` runs with gid 1000; 1 process seen in 2 probes");
    }
}
