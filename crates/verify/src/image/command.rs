//! Which programs the words of a command lead to, beside the first: those of a shell's line, and those that a program
//! whose work is to start another one is given.

/// Commands of one line that are looked at.
const MOST: usize = 64;

const SHELLS: [&str; 6] = ["sh", "bash", "dash", "ash", "ksh", "zsh"];

/// Programs that start the one that their arguments name.
const LAUNCHERS: [&str; 20] = [
    "tini",
    "dumb-init",
    "catatonit",
    "env",
    "nice",
    "nohup",
    "ionice",
    "stdbuf",
    "timeout",
    "setpriv",
    "setsid",
    "chroot",
    "gosu",
    "su-exec",
    "sudo",
    "doas",
    "xargs",
    "exec",
    "command",
    "busybox",
];

/// Words before a command that are part of the shell's language.
const KEYWORDS: [&str; 13] =
    ["if", "then", "else", "elif", "fi", "while", "until", "do", "done", "!", "{", "}", "time"];

/// The programs that `words` lead to, the first one left out; `is_program` says whether the image has one of that name.
pub(super) fn programs(words: &[String], is_program: &dyn Fn(&str) -> bool) -> Vec<String> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let mut search = Search { is_program, found: Vec::new() };
    search.launched(&words);
    search.found
}

/// Whether a command is a shell that reads its commands from the line behind `-c`.
pub(super) fn is_shell_line(words: &[String]) -> bool {
    let Some((program, arguments)) = words.split_first() else { return false };
    match program.rsplit('/').next().unwrap_or(program) {
        "busybox" => is_shell_line(arguments),
        name => {
            // `-ec`, `-o pipefail -c`; a word that is no option is a script, unless an option takes it.
            let takes_a_word =
                |at: usize| at > 0 && arguments[at - 1].starts_with('-') && arguments[at - 1].ends_with('o');
            let is_option = |(at, word): &(usize, &String)| word.starts_with('-') || takes_a_word(*at);
            SHELLS.contains(&name) && arguments.iter().enumerate().take_while(is_option).any(|(_, word)| is_line(word))
        }
    }
}

/// `-c`, `-ec`, `-lc`: the next word is the line.
fn is_line(word: &str) -> bool {
    word.starts_with('-') && !word.starts_with("--") && word.ends_with('c')
}

/// Whether a program's work is to start another one.
pub(super) fn only_starts(program: &str) -> bool {
    let name = program.rsplit('/').next().unwrap_or(program);
    SHELLS.contains(&name) || LAUNCHERS.contains(&name)
}

struct Search<'a> {
    is_program: &'a dyn Fn(&str) -> bool,
    found: Vec<String>,
}

impl Search<'_> {
    /// What a program is told to start by its arguments.
    fn launched(&mut self, words: &[&str]) {
        let Some((program, arguments)) = words.split_first() else { return };
        let name = program.rsplit('/').next().unwrap_or(program);
        if SHELLS.contains(&name) {
            let line = arguments.iter().position(|word| is_line(word)).and_then(|at| arguments.get(at + 1));
            if let Some(line) = line {
                self.commands(line);
            }
        } else if LAUNCHERS.contains(&name) {
            // Options may take a word, so the first word that is a program counts.
            let is_it = |word: &&str| !word.starts_with('-') && !is_assignment(word) && (self.is_program)(word);
            if let Some(at) = arguments.iter().take(MOST).position(is_it) {
                self.program(&arguments[at..]);
            }
        }
    }

    /// The commands of a shell's line.
    fn commands(&mut self, line: &str) {
        for command in line.split([';', '&', '|', '\n', '(', ')', '`']).take(MOST) {
            let words: Vec<&str> = command
                .split_whitespace()
                .map(|word| word.trim_matches(['"', '\'']))
                .skip_while(|word| KEYWORDS.contains(word) || is_assignment(word))
                .collect();
            self.program(&words);
        }
    }

    fn program(&mut self, words: &[&str]) {
        let Some(program) = words.first().filter(|_| self.found.len() < MOST) else { return };
        if (self.is_program)(program) {
            self.found.push((*program).to_owned());
        }
        self.launched(words);
    }
}

fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROGRAMS: [&str; 12] =
        ["/app", "/bin/z", "app", "su", "su-app", "sh", "sudo", "passwd", "test", "/usr/bin/app", "env", "nice"];

    #[track_caller]
    fn check(words: &[&str], expected: &[&str]) {
        let words: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
        assert_eq!(programs(&words, &|word| PROGRAMS.contains(&word)), expected, "{words:?}");
    }

    #[test]
    fn what_a_shell_or_a_launcher_starts_is_found() {
        check(&["/app", "su"], &[]);
        check(&["python3", "-m", "uvicorn"], &[]);
        check(&["/bin/sh", "-c", "exec /app serve"], &["/app"]);
        let line = "A=1 cd /x && 'su-app' su; if test -f su; then sudo -u x /bin/z su; fi";
        check(&["sh", "-ec", line], &["su-app", "test", "sudo", "/bin/z"]);
        check(&["/sbin/tini", "--", "/app", "su"], &["/app"]);
        check(&["tini", "-g", "--", "sh", "-c", "app"], &["sh", "app"]);
        check(&["env", "A=1", "/usr/bin/app", "passwd"], &["/usr/bin/app"]);
        check(&["nice", "-n", "5", "app", "su"], &["app"]);
        check(&["/bin/bash", "su"], &[]);
        check(&[], &[]);
    }

    #[test]
    fn a_line_without_end_is_bounded() {
        let any = |_: &str| true;
        let line = "x;".repeat(100_000);
        assert_eq!(programs(&["sh".to_owned(), "-c".to_owned(), line], &any).len(), MOST);
        assert_eq!(programs(&vec!["env".to_owned(); 100_000], &any).len(), MOST);
        let nested = "sh -c ".repeat(100_000);
        assert!(programs(&["sh".to_owned(), "-c".to_owned(), nested], &any).len() <= MOST);
    }
}
