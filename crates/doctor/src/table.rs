//! Every cause, once: its id, and what there is to know about it. The reference page is made from this table.

/// A cause as the reference describes it.
#[derive(Debug, PartialEq, Eq)]
pub struct Known {
    pub id: &'static str,
    pub area: Area,
    /// What it is.
    pub what: &'static str,
    /// What shows it.
    pub shown: &'static str,
    /// What mends it.
    pub mend: &'static str,
}

/// What a user sees of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Area {
    ExitsAtOnce,
    Database,
    Health,
    Permissions,
    Stop,
    Restarts,
    Reach,
}

impl Area {
    /// As a heading.
    pub fn title(self) -> &'static str {
        match self {
            Self::ExitsAtOnce => "Exits at once",
            Self::Database => "Cannot reach the database",
            Self::Health => "Health check failing",
            Self::Permissions => "Permissions",
            Self::Stop => "Killed on stop",
            Self::Restarts => "Restarts, or killed for memory",
            Self::Reach => "Answers inside and not outside",
        }
    }
}

/// The entry with this id.
pub fn find(id: &str) -> Option<&'static Known> {
    CAUSES.iter().find(|known| known.id == id)
}

const fn known(id: &'static str, area: Area, what: &'static str, shown: &'static str, mend: &'static str) -> Known {
    Known { id, area, what, shown, mend }
}

use Area::{Database, ExitsAtOnce, Health, Permissions, Reach, Restarts, Stop};

/// Every cause that can be named.
pub const CAUSES: &[Known] = &[
    known(
        "missing-variable",
        ExitsAtOnce,
        "The program needs a variable that nobody sets.",
        "The log names the variable, it is not set, and a copy with a placeholder for it gets further.",
        "Set the variable: `--env NAME` at run time, `environment:` in a compose file.",
    ),
    known(
        "malformed-database-url",
        ExitsAtOnce,
        "The value of a database variable is no URL that a driver can read.",
        "The value has no scheme, no host, or a port that is no number; a copy with a well-formed URL gets further.",
        "Write `postgresql://USER:PASSWORD@HOST:5432/DATABASE`.",
    ),
    known(
        "import-error",
        ExitsAtOnce,
        "The program loads a module or package that is not in the image.",
        "The log names the module, and no file of the image provides it.",
        "Add the package to the project's requirements, or copy the file, and build again.",
    ),
    known(
        "missing-shared-library",
        ExitsAtOnce,
        "A program or module needs a shared library that is not in the image.",
        "The ELF file names the library, and no file of the image has that name.",
        "Install the package that has the library in the last stage.",
    ),
    known(
        "libc-mismatch",
        ExitsAtOnce,
        "A program was built for another C library, or a newer one, than the image has.",
        "The program's loader or the symbol version that it asks for is not in the image.",
        "Build on the base that the last stage has, or link statically.",
    ),
    known(
        "entrypoint-not-found",
        ExitsAtOnce,
        "The program that the command names is not in the image.",
        "No file of the image has that path, nor a folder of `PATH` that name.",
        "Correct the path in `ENTRYPOINT` or `CMD`, or copy the program.",
    ),
    known(
        "interpreter-not-found",
        ExitsAtOnce,
        "A script names an interpreter that is not in the image.",
        "The first line of the script names it, and no file of the image has that path.",
        "Install the interpreter, or name the one that is there in the first line.",
    ),
    known(
        "not-executable",
        ExitsAtOnce,
        "The program that the command names has no permission to be executed.",
        "Its mode in the image has no execute bit for the user.",
        "`RUN chmod +x FILE`, or `COPY --chmod=755`.",
    ),
    known(
        "crlf-script",
        ExitsAtOnce,
        "A script has Windows line ends, so its interpreter's name ends with a carriage return.",
        "The bytes of its first line end with `\\r\\n`.",
        "Save it with `\\n` line ends: `sed -i 's/\\r$//' FILE`, and `*.sh text eol=lf` in `.gitattributes`.",
    ),
    known(
        "wrong-architecture",
        ExitsAtOnce,
        "The program is for another processor than this machine has.",
        "Its ELF header says so.",
        "Build for this platform: `docker build --platform linux/amd64`.",
    ),
    known(
        "missing-shebang",
        ExitsAtOnce,
        "The file that the command names is neither a program nor a script with a first line `#!`.",
        "Its first bytes are neither an ELF header nor `#!`.",
        "Begin the script with `#!/bin/sh`, or name the interpreter in the command.",
    ),
    known(
        "unknown-user",
        ExitsAtOnce,
        "The user or group that the image names is not in its `/etc/passwd` or `/etc/group`.",
        "The engine refuses to start it, and the file has no such line.",
        "Make the user (`RUN useradd …`), or name a number: `USER 1000`.",
    ),
    known(
        "bad-working-directory",
        ExitsAtOnce,
        "The working directory cannot be entered.",
        "It is a file, or the user may not enter it.",
        "Correct `WORKDIR`, or the folder's mode.",
    ),
    known(
        "no-command",
        ExitsAtOnce,
        "The image names no command.",
        "Its config has neither `Entrypoint` nor `Cmd`.",
        "Add `ENTRYPOINT [\"/path/to/program\"]`.",
    ),
    known(
        "permission-denied",
        Permissions,
        "The container's user may not read, write or enter a path.",
        "The log names the path, the image shows its owner and mode, and a copy as root gets further.",
        "`COPY --chown=USER`, or `RUN chown USER PATH` before `USER`.",
    ),
    known(
        "root-volume",
        Permissions,
        "A mounted volume or folder belongs to root, and the container's user may not write into it.",
        "The log names a path under a mount, its owner is another user, and a copy as root gets further.",
        "Make the folder in the image with the user's ownership before it is mounted, or `chown` the host's folder.",
    ),
    known(
        "arbitrary-user",
        Permissions,
        "The container runs as a user id that the image does not know, and may not write what its own user owns.",
        "The given user is not the image's, the path belongs to that one, and a copy as the image's user gets further.",
        "Give group 0 the owner's rights: `RUN chgrp -R 0 PATH && chmod -R g=u PATH`.",
    ),
    known(
        "files-of-another-owner",
        Permissions,
        "The program's own files belong to another user, and the container's user may not read them.",
        "Owner and mode in the image, and a copy as root gets further.",
        "`COPY --chown=USER`, or `RUN chmod -R a+rX FOLDER`.",
    ),
    known(
        "out-of-memory",
        ExitsAtOnce,
        "The program has no room to start: the kernel kills it, or its runtime gives up.",
        "The engine reports the kill or the log says so, and a copy with more memory runs.",
        "Raise the limit (`--memory`), or make the program use less.",
    ),
    known(
        "killed-for-memory",
        Restarts,
        "The program ran, grew, and was killed for the container's memory limit.",
        "The engine reports the kill, and a copy with more memory runs.",
        "Raise the limit (`--memory`), or make the program use less.",
    ),
    known(
        "privileged-port",
        ExitsAtOnce,
        "The user may not listen on a port below 1024.",
        "The log says so, and a copy as root listens.",
        "Listen on a port from 1024 on, such as 8080, and map it outside.",
    ),
    known(
        "port-in-use",
        ExitsAtOnce,
        "The port is taken already.",
        "The log says so, and a copy with nothing beside it says so too; or the engine could not publish the port.",
        "Start one server for each port, or publish another one.",
    ),
    known(
        "read-only-root",
        ExitsAtOnce,
        "The program writes where the root file system is read-only.",
        "The log names the path, and a copy with a writable root gets further.",
        "Mount a folder in memory there: `--tmpfs PATH`.",
    ),
    known(
        "missing-folder",
        ExitsAtOnce,
        "A folder that the program writes to or reads from is not there.",
        "The log names the path, the image has no such folder, and a copy with it gets further.",
        "`RUN mkdir -p FOLDER`, or mount a volume there.",
    ),
    known(
        "missing-file",
        ExitsAtOnce,
        "A file that the program reads is not there.",
        "The log names the path, and neither the image nor a mount has it.",
        "Copy it into the image, or mount it; look at `.dockerignore`.",
    ),
    known(
        "variable-not-passed",
        Database,
        "The database variable is not passed to the container.",
        "The code reads it, it is not set, and a copy with a throwaway PostgreSQL in it works.",
        "Pass it: `--env DATABASE_URL`.",
    ),
    known(
        "quotes-in-value",
        Database,
        "The value of a variable holds its quotes: `docker run --env-file` takes them as part of it.",
        "The value begins and ends with a quote; a copy without them gets further.",
        "Remove the quotes in the file.",
    ),
    known(
        "host-not-resolved",
        Database,
        "The name of the database's host is not known to the container.",
        "The log says so; the networks of the container show whom it can know.",
        "Correct the name, or put both containers on one network.",
    ),
    known(
        "connection-refused",
        Database,
        "Nothing listens at the address of the database.",
        "The log says so, and with a throwaway PostgreSQL a copy works.",
        "Start the database, and correct host and port.",
    ),
    known(
        "localhost-in-container",
        Database,
        "The database's host is `localhost`, which inside a container is the container itself.",
        "The variable names it, and nothing in the container listens there.",
        "Name the database's container or service, or `host.docker.internal`.",
    ),
    known(
        "tls-required",
        Database,
        "The server takes encrypted connections only, and the client does not encrypt.",
        "The server's answer is in the log; a copy against a PostgreSQL that demands TLS fails so too, and works with `sslmode=require`.",
        "Add `?sslmode=require` to the URL.",
    ),
    known(
        "tls-refused",
        Database,
        "The client demands TLS, and the server has none.",
        "The log says so, and without the demand a copy works.",
        "Set up TLS on the server, or `sslmode=disable` on a network of your own.",
    ),
    known(
        "unknown-sslmode",
        Database,
        "The value of `sslmode` is none.",
        "It is not one of the six that libpq knows, and a copy with `require` works.",
        "Write `disable`, `allow`, `prefer`, `require`, `verify-ca` or `verify-full`.",
    ),
    known(
        "certificate",
        Database,
        "The server's certificate is not trusted, or its authority's file is not there.",
        "The log says so.",
        "Give the client the authority (`sslrootcert=`), or install `ca-certificates`.",
    ),
    known(
        "wrong-password",
        Database,
        "The server refuses the password.",
        "The server's answer is in the log, and with a throwaway PostgreSQL a copy works.",
        "Correct the password; characters such as `@`, `/` and `#` must be percent-encoded.",
    ),
    known(
        "not-percent-encoded",
        Database,
        "The password in the URL holds a character that ends a part of a URL.",
        "The URL read as it stands has a host or port that is none; a copy with the character encoded gets further.",
        "Percent-encode it: `@` is `%40`, `/` is `%2F`, `#` is `%23`, `?` is `%3F`.",
    ),
    known(
        "no-such-database",
        Database,
        "The database that the URL names is not on the server.",
        "The server's answer is in the log.",
        "Make it (`CREATE DATABASE …`), or correct the name in the URL.",
    ),
    known(
        "no-such-role",
        Database,
        "The role that the URL names is not on the server.",
        "The server's answer is in the log.",
        "Make it (`CREATE ROLE … LOGIN`), or correct the name in the URL.",
    ),
    known(
        "too-many-connections",
        Database,
        "The server has no connection left.",
        "The server's answer is in the log.",
        "Make the pools smaller, or put a pooler in front.",
    ),
    known(
        "pooler-prepared-statements",
        Database,
        "A pooler in transaction mode gives prepared statements to other sessions.",
        "The server's answer is in the log: a prepared statement is there already, or is not.",
        "Turn prepared statements off in the driver, or connect to the server directly.",
    ),
    known(
        "database-asleep",
        Database,
        "The database sleeps, and takes longer to wake than the client waits.",
        "The server's answer, or a time-out at the first connection, is in the log.",
        "Let the client wait longer, and try again.",
    ),
    known(
        "connection-timed-out",
        Database,
        "The database's host does not answer.",
        "The log says so, and with a throwaway PostgreSQL a copy works.",
        "Look at firewalls and networks between the two.",
    ),
    known(
        "health-tool-missing",
        Health,
        "The health check starts a program that is not in the image.",
        "No file of the image has that name.",
        "Use a program that is there, or a command of the service itself.",
    ),
    known(
        "head-not-allowed",
        Health,
        "The health check asks with HEAD, which the service does not answer as GET.",
        "HEAD is refused, and GET of the same path is answered 2xx.",
        "Ask with GET: `wget -qO- URL`, `curl -f URL`.",
    ),
    known(
        "health-wrong-port",
        Health,
        "The health check asks at a port where nothing listens.",
        "The port in the check, and where the copy listens.",
        "Correct the port in `HEALTHCHECK`.",
    ),
    known(
        "health-wrong-path",
        Health,
        "The health check asks for a path that the service does not have.",
        "GET of the path is answered 404.",
        "Correct the path in `HEALTHCHECK`.",
    ),
    known(
        "localhost-is-ipv6",
        Health,
        "`localhost` is `::1` to the health check, and the service listens on IPv4 only.",
        "A copy whose check names 127.0.0.1 is healthy.",
        "Write `127.0.0.1` in `HEALTHCHECK`, or listen on `::` too.",
    ),
    known(
        "slow-start",
        Health,
        "The service takes longer to start than the health check waits.",
        "The first good answer comes after the check has given up.",
        "Add `--start-period` to `HEALTHCHECK`.",
    ),
    known(
        "health-redirect",
        Health,
        "The path of the health check answers with a redirect.",
        "GET is answered 3xx, and where it leads.",
        "Ask for the path that it leads to.",
    ),
    known(
        "health-error",
        Health,
        "The path of the health check answers with an error.",
        "GET is answered 4xx or 5xx.",
        "Look into the service's log.",
    ),
    known(
        "exec-form-variable",
        Health,
        "The exec form of the health check has a variable, which no shell replaces.",
        "The check's words hold `$`; a copy whose check has a shell is healthy.",
        "Use the shell form: `HEALTHCHECK CMD curl -f http://127.0.0.1:$PORT/health`.",
    ),
    known(
        "health-other-user",
        Health,
        "The user may not execute or read what the health check needs.",
        "Its owner and mode in the image, and a copy as root is healthy.",
        "Change the file's mode or owner.",
    ),
    known(
        "health-ignored",
        Health,
        "The health check was not kept: the image's format has none.",
        "The history has `HEALTHCHECK`, the config has none; or the engine ignores it for the media type.",
        "Build in Docker's format: `podman build --format docker`.",
    ),
    known(
        "health-command-fails",
        Health,
        "The command of the health check fails.",
        "Its exit code and output.",
        "Run the command in the container by hand.",
    ),
    known(
        "health-timeout",
        Health,
        "The health check takes longer than its time.",
        "The time that the answer took, and `--timeout`.",
        "Raise `--timeout`, or make the answer quicker.",
    ),
    known(
        "shell-is-pid-1",
        Stop,
        "The first process is a shell, which does not pass SIGTERM on.",
        "The process list, and that the container runs on after SIGTERM.",
        "Use the exec form, `CMD [\"program\", …]`, or `exec program` in the script.",
    ),
    known(
        "sigterm-ignored",
        Stop,
        "The program ignores SIGTERM.",
        "It has no handler as first process, or runs on after the signal.",
        "Handle SIGTERM, start it under an init (`--init`), or set `STOPSIGNAL`.",
    ),
    known(
        "child-gets-no-signal",
        Stop,
        "The first process ends on SIGTERM or keeps it to itself, and its child is killed.",
        "The process list, and the child that runs on after SIGTERM.",
        "Pass the signal on, or start the child by `exec`.",
    ),
    known(
        "grace-too-short",
        Stop,
        "The program takes longer to stop than it is given.",
        "The time from SIGTERM to its end, and the grace period.",
        "Give it more time (`--stop-timeout`, `stop_grace_period`), or end its work sooner.",
    ),
    known(
        "restart-loop",
        Restarts,
        "The container ends and is restarted again and again, and nothing else is known to be the cause.",
        "The exit code, the last line, the restart policy, and how often it was restarted.",
        "Mend what the last line tells; keep a server in the foreground; for a job, `--restart on-failure`.",
    ),
    known(
        "main-process-ends",
        Restarts,
        "The first process ends without error soon after the start.",
        "Exit 0, and the time.",
        "Keep the server in the foreground (`daemon off;`, `--nodaemon`).",
    ),
    known(
        "bound-to-loopback",
        Reach,
        "The service listens on 127.0.0.1 only, where nothing from outside comes.",
        "The addresses on which it listens.",
        "Listen on 0.0.0.0.",
    ),
    known(
        "published-port-differs",
        Reach,
        "The service listens on another port than the one that is exposed or published.",
        "The ports of both.",
        "Publish the port on which it listens, or correct `EXPOSE`.",
    ),
    known(
        "no-network",
        Reach,
        "The container has no network, and its service listens for others.",
        "The container's network mode, and the addresses on which it listens.",
        "Start it on a network.",
    ),
    known(
        "never-started",
        Restarts,
        "The container was made, and never started.",
        "The daemon's state of the container.",
        "`docker start NAME`.",
    ),
    known(
        "paused",
        Restarts,
        "The container is paused: its processes get no time.",
        "The daemon's state of the container.",
        "`docker unpause NAME`.",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_stands_once_and_is_kebab_case() {
        for (place, known) in CAUSES.iter().enumerate() {
            assert!(known.id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'));
            assert_eq!(CAUSES.iter().position(|other| other.id == known.id), Some(place), "{}", known.id);
        }
    }
}
