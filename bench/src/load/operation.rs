//! What clients ask for, and what a right answer is.

use std::io::Write as _;

use super::answer::{Answer, has};

/// A request that is made again and again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Operation {
    /// One task of so many, each as likely as the others.
    Read { tasks: u64 },
    /// A new task each time.
    Create,
    /// One of these pages, of so many tasks each.
    List { paths: Vec<String>, rows: usize },
}

/// How much of an answer is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Care {
    /// The status, and that it is about the right task.
    Usual,
    /// All that is known beforehand.
    Full,
}

/// The text of the tasks that are there before anything is measured, for SQL: `n` is the task's id.
pub(crate) const TITLE_SQL: &str = "'Task number ' || n";
pub(crate) const DESCRIPTION_SQL: &str = "'What is to be done about task number ' || n";

impl Operation {
    /// Writes a request. Returns what [`Operation::check`] needs to know of it.
    pub(super) fn write(&self, random: &mut Random, out: &mut Vec<u8>) -> u64 {
        let number = random.next();
        out.clear();
        // Writing to memory does not fail.
        let _ = match self {
            Self::Read { tasks } => {
                let id = number % tasks + 1;
                let _ = write!(out, "GET /tasks/{id} HTTP/1.1\r\nHost: bench\r\n\r\n");
                return id;
            }
            Self::List { paths, .. } => {
                let at = usize::try_from(number % paths.len() as u64).unwrap_or_default();
                write!(out, "GET {} HTTP/1.1\r\nHost: bench\r\n\r\n", paths[at])
            }
            Self::Create => write!(
                out,
                "POST /tasks HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nContent-Length: 89\r\n\r\n\
                 {{\"title\":\"New task {number:020}\",\"description\":\"made to see how long that takes\"}}"
            ),
        };
        number
    }

    /// Compares an answer with what was asked for.
    ///
    /// # Errors
    ///
    /// Fails with what is wrong.
    pub(super) fn check(&self, number: u64, answer: &Answer, care: Care) -> Result<(), String> {
        let wanted = if *self == Self::Create { 201 } else { 200 };
        if answer.status != wanted {
            return Err(format!("status {}", answer.status));
        }
        let mut text = [0; 64];
        let mut says = |arguments: std::fmt::Arguments| {
            let mut left = &mut text[..];
            let _ = left.write_fmt(arguments);
            let left = left.len();
            has(answer.body, &text[..64 - left])
        };
        let is_right = match self {
            Self::Read { .. } => says(format_args!("\"id\":{number},")) || says(format_args!("\"id\":{number}}}")),
            Self::Create => says(format_args!("\"title\":\"New task {number:020}\"")),
            Self::List { .. } => answer.body.starts_with(b"[{") && answer.body.ends_with(b"}]"),
        };
        let is_right = is_right
            && (care == Care::Usual
                || match self {
                    Self::Read { .. } => {
                        says(format_args!("\"title\":\"Task number {number}\""))
                            && says(format_args!("\"What is to be done about task number {number}\""))
                            && has(answer.body, b"\"status\":\"pending\"")
                            && has(answer.body, b"\"created_at\":\"")
                    }
                    Self::Create => {
                        has(answer.body, b"\"made to see how long that takes\"") && has(answer.body, b"\"id\":")
                    }
                    Self::List { rows, .. } => {
                        answer.body.windows(5).filter(|five| five == b"\"id\":").count() == *rows
                    }
                });
        if is_right { Ok(()) } else { Err("a wrong answer".to_owned()) }
    }
}

/// Numbers that are as good as random here (xorshift64*).
#[derive(Debug)]
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: usize) -> Self {
        Self((seed as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(operation: &Operation, number: u64, status: u16, body: &str, care: Care, expected: Result<(), &str>) {
        let answer = Answer { status, body: body.as_bytes(), head: b"", is_last: false };
        assert_eq!(operation.check(number, &answer, care), expected.map_err(ToOwned::to_owned), "{body}");
    }

    const TASK: &str = r#"{"title":"Task number 7","description":"What is to be done about task number 7","id":7,"status":"pending","created_at":"2026-11-23T03:12:53.370740"}"#;

    #[test]
    fn only_the_task_that_was_asked_for_is_a_right_answer() {
        let read = Operation::Read { tasks: 9 };
        check(&read, 7, 200, TASK, Care::Full, Ok(()));
        check(&read, 77, 200, TASK, Care::Usual, Err("a wrong answer"));
        check(&read, 7, 200, r#"{"id":7,"title":"Task number 8"}"#, Care::Full, Err("a wrong answer"));
        check(&read, 7, 503, TASK, Care::Usual, Err("status 503"));
    }

    #[test]
    fn a_new_task_says_what_was_sent_and_a_page_has_its_rows() {
        let (mut random, mut request) = (Random::new(0), Vec::new());
        let number = Operation::Create.write(&mut random, &mut request);
        let (head, body) = std::str::from_utf8(&request).unwrap().split_once("\r\n\r\n").unwrap();
        assert!(head.ends_with(&format!("Content-Length: {}", body.len())), "{head}");
        let made = format!("{},\"id\":1}}", body.trim_end_matches('}'));
        check(&Operation::Create, number, 201, &made, Care::Full, Ok(()));
        check(&Operation::Create, number + 1, 201, &made, Care::Usual, Err("a wrong answer"));
        let list = Operation::List { paths: vec!["/tasks".to_owned()], rows: 2 };
        check(&list, 0, 200, &format!("[{TASK},{TASK}]"), Care::Full, Ok(()));
        check(&list, 0, 200, &format!("[{TASK}]"), Care::Full, Err("a wrong answer"));
        check(&list, 0, 200, "[]", Care::Usual, Err("a wrong answer"));
    }
}
