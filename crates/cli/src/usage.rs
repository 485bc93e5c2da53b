//! What clap has to say: help, the version, and what is wrong with a command line.

use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::exit::Exit;
use crate::failure::without_passwords;
use crate::output::Output;
use crate::source::behind_login;

/// Prints help and the version to stdout, errors to stderr, and never what may be a variable's value.
pub(crate) fn explain(mut error: clap::Error, out: &mut Output) -> Exit {
    hide_values(&mut error);
    let help = !error.use_stderr();
    let text = error.render();
    let text = if out.colors(!help) { text.ansi().to_string() } else { text.to_string() };
    let text = without_passwords(&text);
    if help {
        match out.data(&text) {
            Ok(()) => Exit::Success,
            Err(error) => {
                out.failure(&error);
                Exit::Failure
            }
        }
    } else {
        out.aside(&text);
        Exit::Failure
    }
}

/// `--env A=1 B=2` leaves `B=2` over, which clap would show.
fn hide_values(error: &mut clap::Error) {
    // `--to user:password@host/app`
    for kind in [ContextKind::InvalidValue, ContextKind::InvalidArg] {
        if let Some(ContextValue::String(value)) = error.get(kind)
            && let Some(rest) = behind_login(value)
        {
            let hidden = ContextValue::String(format!("***@{rest}"));
            error.insert(kind, hidden);
        }
    }
    if error.kind() != ErrorKind::UnknownArgument {
        return;
    }
    // "to pass '--to' as a value, use '-- --to'": nobody wants that here.
    error.remove(ContextKind::Suggested);
    let Some(ContextValue::String(argument)) = error.get(ContextKind::InvalidArg) else { return };
    if let Some((name, _)) = argument.split_once('=') {
        let hidden = ContextValue::String(format!("{name}=***"));
        error.insert(ContextKind::InvalidArg, hidden);
    }
}
