//! `Procfile`: the commands that a platform starts.

use crate::folder::Folder;
use crate::found::{Found, Place};
use crate::project::Start;

const PATH: &str = "Procfile";

/// The command of a process type: `web`, `worker`.
pub(crate) fn command(folder: &Folder, process: &str) -> Option<Found<Start>> {
    let text = folder.source(PATH)?;
    text.lines().enumerate().find_map(|(index, line)| {
        let (name, command) = line.split_once(':')?;
        (name.trim() == process).then(|| Found::new(start(command.trim()), Place::line(PATH, index + 1)))
    })
}

/// A line as its own program and arguments, where no shell is needed to read it.
pub(crate) fn start(line: &str) -> Start {
    let needs_shell = |c: char| "$&|;<>()`\"'\\*?[]#~%".contains(c);
    let is_assignment = line.split_whitespace().next().is_some_and(|word| word.contains('='));
    if is_assignment {
        return Start::Shell(line.to_owned());
    }
    if line.contains(['|', '(', '{', '`', '"', '\'']) && line.contains("&&") || line.contains('|') {
        return Start::Shell(line.to_owned());
    }
    // The last command is the service: it takes the place of the shell, so that it gets SIGTERM.
    let last = line.rfind("&&").map(|at| at + 2).max(line.rfind(';').map(|at| at + 1));
    if let Some(at) = last {
        let (before, command) = (line[..at].trim_end(), line[at..].trim());
        let is_plain = !command.is_empty()
            && !command
                .split_whitespace()
                .next()
                .is_some_and(|word| word.contains('=') || word == "exec" || word == "cd");
        return Start::Shell(if is_plain { format!("{before} exec {command}") } else { line.to_owned() });
    }
    if line.contains(needs_shell) {
        return Start::Shell(format!("exec {line}"));
    }
    Start::Exec(line.split_whitespace().map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_is_there_only_where_one_is_needed() {
        assert_eq!(start("gunicorn app:app"), Start::exec(["gunicorn", "app:app"]));
        assert_eq!(start("uvicorn a:b --port $PORT"), Start::Shell("exec uvicorn a:b --port $PORT".to_owned()));
        assert_eq!(start("A=1 node x.js"), Start::Shell("A=1 node x.js".to_owned()));
        assert_eq!(start("node a.js && node b.js"), Start::Shell("node a.js && exec node b.js".to_owned()));
        assert_eq!(
            start("flask db upgrade; gunicorn microblog:app"),
            Start::Shell("flask db upgrade; exec gunicorn microblog:app".to_owned())
        );
    }
}
