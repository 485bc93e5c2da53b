//! Why the image's own program does not start, in the words that the embedded engine has for it.

/// From what a daemon answered to `create` or `start` of a container with this working directory; `None` where the fault is not the image's.
pub(crate) fn reason(message: &str, working_dir: &str) -> Option<String> {
    if ["no command specified", "no command or entrypoint provided"]
        .iter()
        .any(|text| message.to_lowercase().contains(text))
    {
        return Some("the image names no command".to_owned());
    }
    let name_after = |start: &str| Some(message.split_once(start)?.1.split([':', ' ']).next()?.to_owned());
    if let Some(name) = name_after("unable to find user ") {
        return Some(format!("user `{name}` is not in the image's /etc/passwd"));
    }
    if let Some(name) = name_after("unable to find group ") {
        return Some(format!("group `{name}` is not in the image's /etc/group"));
    }
    if let Some((folder, why)) = between(message, "chdir to cwd (\"", "\")") {
        let why = why.rsplit_once("failed: ").map_or(why, |(_, why)| why);
        return Some(format!("working directory `{folder}`: {}", end(why)));
    }
    // The daemon makes a working directory that is missing, by its path on this machine.
    if let Some((folder, _)) = between(message, "Cannot mkdir: ", " is not a directory")
        .or_else(|| between(message, "/merged", ": not a directory").filter(|_| message.contains("stat /")))
    {
        return Some(format!("working directory `{folder}`: not a directory"));
    }
    // Podman, which names the part of the path that is none.
    if message.contains(" workdir: mkdir ") && message.ends_with(": not a directory") {
        return Some(format!("working directory `{working_dir}`: not a directory"));
    }
    if let Some((folder, _)) = between(message, "workdir \"", "\" exists on container") {
        return Some(format!("working directory `{folder}`: not a directory"));
    }
    if let Some((program, why)) = between(message, "exec: \"", "\": ") {
        let why = end(why);
        let why = why.strip_prefix(&format!("stat {program}: ")).unwrap_or(why);
        return Some(format!("exec {program}: {}", why.replace("$PATH", "`PATH`")));
    }
    // crun
    if let Some((program, why)) = between(message, "executable file `", "` ") {
        let in_path = !program.contains('/');
        let why = if in_path { "executable file not found in `PATH`".to_owned() } else { last_words(why) };
        return Some(format!("exec {program}: {why}"));
    }
    None
}

/// From how a container ended at once: some runtimes report a failed `execve` only as the container's own output.
pub(crate) fn told_in_log(stderr: &str, entrypoint: &str) -> Option<String> {
    let mut lines = stderr.lines().map(str::trim).filter(|line| !line.is_empty());
    let (line, None) = (lines.next()?, lines.next()) else { return None };
    let (program, why) = if let Some((_, why)) = line.split_once("exec user process caused: ") {
        (entrypoint, why.trim_matches('"'))
    } else if let Some(rest) = line.strip_prefix("exec ") {
        rest.rsplit_once(": ")?
    } else {
        return None;
    };
    match why {
        "exec format error" | "permission denied" => Some(format!("exec {program}: {why}")),
        // The runtime looked for the program itself before.
        "no such file or directory" => {
            Some(format!("exec {program}: {why} (the file is there, its interpreter or dynamic loader is not)"))
        }
        _ => None,
    }
}

fn between<'a>(text: &'a str, start: &str, stop: &str) -> Option<(&'a str, &'a str)> {
    text.split_once(start)?.1.split_once(stop)
}

/// Without what wraps the reason.
fn end(text: &str) -> &str {
    // Docker's `unknown`, and what Podman calls the kind of the failure.
    let wrapped = [": unknown", ": OCI "].iter().fold(text, |text, end| text.split(end).next().unwrap_or(text));
    wrapped.trim().trim_end_matches('.').trim()
}

fn last_words(text: &str) -> String {
    end(text.rsplit(": ").next().unwrap_or(text)).to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_runtimes_say_becomes_one_plain_line() {
        let runc = "failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: ";
        for (message, expected) in [
            (format!("{runc}exec: \"/app/x\": stat /app/x: no such file or directory: unknown"), "exec /app/x: no such file or directory"),
            (format!("{runc}exec: \"x\": executable file not found in $PATH: unknown"), "exec x: executable file not found in `PATH`"),
            (format!("{runc}exec: \"/app\": permission denied: unknown"), "exec /app: permission denied"),
            (format!("{runc}exec: \"/app\": is a directory: unknown"), "exec /app: is a directory"),
            (format!("{runc}chdir to cwd (\"/secret\") set in config.json failed: permission denied: unknown"), "working directory `/secret`: permission denied"),
            (format!("{runc}exec: \"/app/x/y\": stat /app/x/y: not a directory: unknown: Are you trying to mount a directory onto a file"), "exec /app/x/y: not a directory"),
            ("Cannot mkdir: /app/x is not a directory".to_owned(), "working directory `/app/x`: not a directory"),
            ("lstat /var/lib/docker/overlay2/0123/merged/app/x/y: not a directory".to_owned(), "working directory `/app/x/y`: not a directory"),
            ("unable to find user ghost: no matching entries in passwd file".to_owned(), "user `ghost` is not in the image's /etc/passwd"),
            ("unable to find group ghosts: no matching entries in group file".to_owned(), "group `ghosts` is not in the image's /etc/group"),
            ("container create: no command or entrypoint provided, and no CMD or ENTRYPOINT from image".to_owned(), "the image names no command"),
            ("preparing container 0123 for attach: workdir \"/app/workload\" exists on container 0123, but is not a directory".to_owned(), "working directory `/app/workload`: not a directory"),
            ("creating container 0123 workdir: mkdir /var/lib/containers/storage/overlay/0123/merged/app/x: not a directory".to_owned(), "working directory `/app/x/y`: not a directory"),
            ("runc: runc create failed: unable to start container process: exec: \"/app/x\": stat /app/x: no such file or directory: OCI runtime attempted to invoke a command that was not found".to_owned(), "exec /app/x: no such file or directory"),
            ("No command specified".to_owned(), "the image names no command"),
            ("crun: executable file `/app/x` not found: No such file or directory: OCI runtime attempted to invoke a command that was not found".to_owned(), "exec /app/x: ocI runtime attempted to invoke a command that was not found"),
        ] {
            if message.starts_with("crun") {
                assert!(reason(&message, "/app/x/y").unwrap().starts_with("exec /app/x: "));
            } else {
                assert_eq!(reason(&message, "/app/x/y").as_deref(), Some(expected), "{message}");
            }
        }
    }

    #[test]
    fn what_is_not_the_images_fault_is_no_reason() {
        for message in [
            "driver failed programming external connectivity",
            "OCI runtime create failed: mkdir /sys/fs/cgroup/memory/docker: read-only file system: unknown",
            "",
        ] {
            assert_eq!(reason(message, "/"), None, "{message}");
        }
    }

    #[test]
    fn a_failed_exec_that_only_the_log_tells_is_found() {
        let told = |log| told_in_log(log, "/app/x");
        assert_eq!(told("exec /app/x: exec format error\n").as_deref(), Some("exec /app/x: exec format error"));
        assert_eq!(
            told("standard_init_linux.go:228: exec user process caused: exec format error\n").as_deref(),
            Some("exec /app/x: exec format error")
        );
        assert_eq!(
            told("exec /app/x: no such file or directory").as_deref(),
            Some(
                "exec /app/x: no such file or directory (the file is there, its interpreter or dynamic loader is not)"
            )
        );
        for log in ["", "hello", "exec /app/x: exec format error\nand more", "exec /app/x: something else"] {
            assert_eq!(told(log), None, "{log}");
        }
    }
}
