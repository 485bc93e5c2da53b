//! The log: a JSON object a line. There is one line a request, so it is written without an object in between.

use std::fmt::{self, Debug, Write};

use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    fmt::{FmtContext, FormatEvent, FormatFields, format::Writer},
    registry::LookupSpan,
};

use crate::task::CreatedAt;

/// `timestamp`, `level`, what the event says in its order, `target`.
pub(super) struct Lines;

impl<S, N> FormatEvent<S, N> for Lines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let (time, level) = (CreatedAt::now().digits(), event.metadata().level().as_str());
        let time = str::from_utf8(&time).map_err(|_| fmt::Error)?;
        for part in [r#"{"timestamp":""#, time, r#"","level":""#, level, "\""] {
            writer.write_str(part)?;
        }
        let mut members = Members { line: &mut writer, result: Ok(()) };
        event.record(&mut members);
        members.result?;
        writer.write_str(r#","target":""#)?;
        writer.write_str(event.metadata().target())?;
        writer.write_str("\"}\n")
    }
}

/// Writes each field as a member of the object.
struct Members<'a, 'w> {
    line: &'a mut Writer<'w>,
    result: fmt::Result,
}

impl Members<'_, '_> {
    fn add(&mut self, field: &Field, write: impl FnOnce(&mut Writer<'_>) -> fmt::Result) {
        if self.result.is_ok() {
            // Names are of ours, and need no escapes.
            let mut name = || [",\"", field.name(), "\":"].into_iter().try_for_each(|part| self.line.write_str(part));
            self.result = name().and_then(|()| write(self.line));
        }
    }
}

impl Visit for Members<'_, '_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field, |line| quoted(line, |text| text.write_str(value)));
    }

    /// Of what is shown by `Display` too.
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.add(field, |line| quoted(line, |text| write!(text, "{value:?}")));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, |line| line.write_str(if value { "true" } else { "false" }));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field, |line| write!(line, "{value}"));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field, |line| write!(line, "{value}"));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        // JSON has no numbers that are none.
        self.add(field, |line| if value.is_finite() { write!(line, "{value:?}") } else { line.write_str("null") });
    }
}

fn quoted(line: &mut Writer<'_>, write: impl FnOnce(&mut Escaped<'_, '_>) -> fmt::Result) -> fmt::Result {
    line.write_char('"')?;
    write(&mut Escaped(line))?;
    line.write_char('"')
}

/// The inside of a JSON string (RFC 8259, section 7).
struct Escaped<'a, 'w>(&'a mut Writer<'w>);

impl Write for Escaped<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut plain = 0;
        for (at, byte) in text.bytes().enumerate().filter(|(_, byte)| matches!(byte, 0..b' ' | b'"' | b'\\')) {
            self.0.write_str(&text[plain..at])?;
            plain = at + 1;
            match byte {
                b'"' => self.0.write_str("\\\"")?,
                b'\\' => self.0.write_str("\\\\")?,
                b'\n' => self.0.write_str("\\n")?,
                _ => write!(self.0, "\\u{byte:04x}")?,
            }
        }
        self.0.write_str(&text[plain..])
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io,
        sync::{Arc, Mutex},
    };

    use serde_json::{Value, json};
    use tracing::{Level, info, subscriber::with_default, warn};
    use tracing_subscriber::fmt::MakeWriter;

    use super::*;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl MakeWriter<'_> for Kept {
        type Writer = Self;

        fn make_writer(&self) -> Self {
            self.clone()
        }
    }

    #[test]
    fn a_line_is_an_object_whatever_is_in_it() {
        let kept = Kept::default();
        let subscriber = tracing_subscriber::fmt().event_format(Lines).with_max_level(Level::INFO);
        with_default(subscriber.with_writer(kept.clone()).finish(), || {
            let evil = "a \"quote\", a \\, a\nline, \u{1} and ż\u{7f}";
            let none: Option<u64> = None;
            info!(evil, shown = %evil, seen = ?["x"], none, some = Some(7), took = 1.0, nan = f64::NAN, less = -1, yes = true, "said {evil}");
            warn!("alone");
        });
        let text = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
        let mut lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let evil = "a \"quote\", a \\, a\nline, \u{1} and ż\u{7f}";
        for line in &mut lines {
            let time = line.as_object_mut().unwrap().remove("timestamp").unwrap();
            assert_eq!(CreatedAt::parse(time.as_str().unwrap()).unwrap().to_string(), time);
        }
        let target = "task_api::command::log::tests";
        assert_eq!(
            lines,
            [
                json!({
                    "level": "INFO", "message": format!("said {evil}"), "evil": evil, "shown": evil, "seen": "[\"x\"]",
                    "some": 7, "took": 1.0, "nan": null, "less": -1, "yes": true, "target": target,
                }),
                json!({"level": "WARN", "message": "alone", "target": target}),
            ]
        );
    }
}
