//! What is shown on a terminal while the work goes on: the current step, and the promises decided last.

use std::collections::VecDeque;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressFinish, ProgressStyle};
use seaworthy_report::Criterion;
use seaworthy_report::terminal::{Style, decided};

/// How many decided promises stay in sight.
const IN_SIGHT: usize = 8;

/// A spinner on stderr that leaves nothing behind, or nothing at all where nobody watches.
pub(crate) struct Progress {
    watched: bool,
    style: Style,
    bar: Option<ProgressBar>,
    step: String,
    decided: VecDeque<String>,
}

impl Progress {
    pub(crate) fn new(watched: bool, style: Style) -> Self {
        Self { watched, style, bar: None, step: String::new(), decided: VecDeque::new() }
    }

    /// Whether anybody sees it.
    pub(crate) fn is_watched(&self) -> bool {
        self.watched
    }

    /// A step begins.
    pub(crate) fn begins(&mut self, step: &str) {
        step.clone_into(&mut self.step);
        self.show();
    }

    /// A promise is decided.
    pub(crate) fn decided(&mut self, criterion: &Criterion) {
        if self.watched {
            // The spinner, and the room that a terminal needs to keep its cursor in the line.
            let style = Style { width: self.style.width.saturating_sub(4), ..self.style };
            self.decided.push_back(decided(criterion, style));
            if self.decided.len() > IN_SIGHT {
                self.decided.pop_front();
            }
            self.show();
        }
    }

    /// Takes it off the terminal, until something begins again.
    pub(crate) fn clear(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }

    fn show(&mut self) {
        if !self.watched {
            return;
        }
        let bar = self.bar.get_or_insert_with(|| {
            let bar = ProgressBar::new_spinner().with_finish(ProgressFinish::AndClear);
            if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(100));
            bar
        });
        let room = self.style.width.saturating_sub(4);
        let mut message: String = self.step.chars().take(room).collect();
        for line in &self.decided {
            message.push_str("\n  ");
            message.push_str(line);
        }
        bar.set_message(message);
    }
}
