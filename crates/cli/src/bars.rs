//! How blobs move, shown on a terminal: a bar a blob.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use seaworthy_image::Digest;
use seaworthy_registry::{Ended, Watch};

/// A bar for each blob that moves, gone when it is dropped; nothing where nobody watches.
pub(crate) struct Bars {
    shown: Option<MultiProgress>,
    bars: Mutex<HashMap<Digest, ProgressBar>>,
}

impl Bars {
    pub(crate) fn new(watched: bool) -> Self {
        let shown = watched.then(|| MultiProgress::with_draw_target(ProgressDrawTarget::stderr()));
        Self { shown, bars: Mutex::default() }
    }

    fn with(&self, blob: &Digest, act: impl FnOnce(&ProgressBar)) {
        if let Some(bar) = self.bars.lock().unwrap_or_else(PoisonError::into_inner).get(blob) {
            act(bar);
        }
    }
}

impl Watch for Bars {
    fn begins(&self, blob: &Digest, size_bytes: u64) {
        let Some(shown) = &self.shown else { return };
        let bar = shown.add(ProgressBar::new(size_bytes));
        let form = "{prefix} {bar:24} {decimal_bytes:>10} of {decimal_total_bytes:<10} {msg}";
        if let Ok(style) = ProgressStyle::with_template(form) {
            bar.set_style(style);
        }
        bar.set_prefix(blob.hex()[..12].to_owned());
        self.bars.lock().unwrap_or_else(PoisonError::into_inner).insert(blob.clone(), bar);
    }

    fn moved(&self, blob: &Digest, bytes: u64) {
        self.with(blob, |bar| bar.set_position(bytes));
    }

    fn ended(&self, blob: &Digest, how: Ended) {
        self.with(blob, |bar| {
            bar.set_position(bar.length().unwrap_or_default());
            bar.abandon_with_message(match how {
                Ended::Sent | Ended::Received => "",
                Ended::Present => "there already",
                Ended::Mounted => "taken from another repository there",
            });
        });
    }
}

impl Drop for Bars {
    fn drop(&mut self) {
        if let Some(shown) = &self.shown {
            // The terminal may be gone.
            let _ = shown.clear();
        }
    }
}
