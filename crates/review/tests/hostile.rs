//! Long and hostile Dockerfiles: each is reviewed in time that grows with its length, or has one fault with its line.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use seaworthy_review::dockerfile::{Context, Text, review};

/// Much more than any of them takes, and much less than what grows with the square.
const LONGEST: Duration = Duration::from_secs(10);

#[track_caller]
fn check(text: &str) {
    let context = Context { has_ignore_file: false, is_sent: &|_| true, is_there: &|_| None };
    let start = Instant::now();
    let found = review(Text { path: "Dockerfile", text }, None, None, &context);
    assert!(start.elapsed() < LONGEST, "{:?} for {} bytes", start.elapsed(), text.len());
    let count = text.split('\n').count();
    match found {
        Ok(findings) => {
            assert!(findings.iter().all(|found| found.at.line.is_some_and(|line| (1..=count).contains(&line))));
        }
        Err(error) => assert!((1..=count).contains(&error.line), "{error}"),
    }
}

/// `head`, then a line for each number.
fn many(head: &str, count: usize, line: impl Fn(usize) -> String) -> String {
    (0..count).fold(head.to_owned(), |mut text, number| {
        let _ = writeln!(text, "{}", line(number));
        text
    })
}

#[test]
fn many_instructions_take_no_more_than_their_number() {
    check(&many("FROM alpine:3.21\n", 1_000, |_| "RUN apt-get update && apt-get install curl | cat".to_owned()));
    check(&many("", 3_000, |n| format!("FROM a{n} AS s{n}\nCOPY --from=s{} / /", n / 2)));
    check(
        &many("FROM debian:12\n", 5_000, |n| format!("VOLUME /a/{n}")).replace("VOLUME /a/1\n", "USER 1\nVOLUME /a\n"),
    );
    check(&many("FROM a:1\n", 2_000, |n| {
        format!("COPY a{n}.tar /b/\nRUN chown -R 1 /b && rm /b/a{n}.tar\nARG U{n}\nUSER app")
    }));
    check(&many("FROM a:1\n", 2_000, |n| format!("RUN <<E{n}\necho a | b\nE{n}")));
    check(&many("FROM a:1\n", 2_000, |_| "RUN pip install x && npm ci && yarn install".to_owned()));
}

#[test]
fn a_megabyte_of_any_instruction_takes_seconds() {
    let lines = |head: &str, line: &dyn Fn(usize) -> String| {
        let count = 300_000 / line(1_000).len();
        many(head, count, line)
    };
    check(&lines("FROM a:1 AS a\n", &|_| "WORKDIR d\nCOPY . .".to_owned()));
    check(&lines("FROM a:1 AS s0\n", &|n| format!("FROM s{n} AS s{}\nRUN a|b", n + 1)));
    check(&lines("FROM a:1\n", &|n| format!("ENV DB_PASSWORD{n}=hunter{n}2x")));
    check(
        &(lines("FROM debian:12\n", &|n| format!("EXPOSE {}", n % 60_000 + 1))
            + "HEALTHCHECK CMD curl http://localhost:1\n"),
    );
    check(&lines("FROM debian:12\n", &|n| format!("USER u{n}\nRUN useradd -u 1000000 u{n} && npm ci\nVOLUME /v{n}")));
}

#[test]
fn long_lines_take_no_more_than_their_length() {
    check(&many("FROM a:1\nENV B=1 ", 10_000, |n| format!("A{n}=$A{} \\", n + 1)));
    check(&format!("FROM a:1\nRUN {}", "\"$(".repeat(50_000)));
    check(&format!("FROM a:1\nRUN {}", "ghp_".repeat(100_000)));
    check(&format!("FROM a:1\nRUN {}", "a://b:c@".repeat(50_000)));
    check(&format!("FROM a:1\nRUN a {}", "\\\n".repeat(200_000)));
    check(&format!("FROM a:1\n{}RUN cd /x\n", "# seaworthy: allow cd-in-run: x\n".repeat(10_000)));
    check(&format!("FROM debian:12\nVOLUME {}\nUSER 1\nRUN chown 1 {}", "/a".repeat(200_000), "/b".repeat(200_000)));
}

#[test]
fn variables_that_double_each_other_are_not_expanded_for_ever() {
    check(&(many("ARG A0=aaaaaaaaaa\n", 200, |n| format!("ARG A{}=$A{n}$A{n}", n + 1)) + "FROM $A200\n"));
}

#[test]
fn nothing_that_is_cut_off_breaks_the_reader() {
    let text = "# escape=`\n# syntax=x\nARG A=\"1\nFROM --platform=$A a:${A:-1} AS b\nRUN --mount=type=cache,target=/x <<-\"E\" cat >/x `\n\t$(a \"`b`\" | c)\n\tE\n\
                COPY --from=b [\"a\", \"b\"] /c/\nHEALTHCHECK --interval=1s CMD [\"a\"]\nONBUILD RUN a\nENV A=\"b c\" D=e\\ f\nLABEL \"a b\"=c\n\
                EXPOSE 1-2/tcp $P\nSHELL [\"a\"]\nSTOPSIGNAL 9\nUSER ä:ö\nVOLUME [\"/ä\"]\nWORKDIR ä\nCMD [\"sh\", \"-c\", \"ä\"]\n";
    for end in (0..=text.len()).filter(|end| text.is_char_boundary(*end)) {
        check(&text[..end]);
        check(&text[end..]);
        check(&format!("FROM a\n{}", &text[end..]));
    }
}
