//! What the runs left: rows in the user's database, and what the containers' logs showed.

use std::cell::{Cell, RefCell};

use seaworthy_engine::{Container, Logs};

use super::{Runs, logs};
use crate::crud::Rows;

/// What the runs of a verification left.
#[derive(Default)]
pub(crate) struct Ledger {
    /// Created in the user's own database and not removed yet.
    pub(crate) rows: RefCell<Rows>,
    /// That the rows were removed, as far as they could be.
    closed: Cell<bool>,
    /// How many secrets stood in the logs of which container.
    leaks: RefCell<Vec<(String, usize)>>,
    logs_read: Cell<usize>,
    /// A container that wrote more than is kept.
    logs_cut: RefCell<Option<String>>,
}

impl Ledger {
    /// Ends it; false where that was done before.
    pub(crate) fn close(&self) -> bool {
        !self.closed.replace(true)
    }

    /// The first container whose log showed secrets, and how many.
    pub(crate) fn leak(&self) -> Option<(String, usize)> {
        self.leaks.borrow().first().cloned()
    }

    /// How many logs were read.
    pub(crate) fn logs_read(&self) -> usize {
        self.logs_read.get()
    }

    /// A container that wrote more than is kept.
    pub(crate) fn cut_log(&self) -> Option<String> {
        self.logs_cut.borrow().clone()
    }
}

impl Runs<'_> {
    /// Looks for secrets in raw logs.
    pub(crate) fn search(&self, logs: &Logs, whose: &str) {
        let ledger = &self.ledger;
        ledger.logs_read.set(ledger.logs_read.get() + 1);
        if logs::is_cut(&logs.stdout) || logs::is_cut(&logs.stderr) {
            ledger.logs_cut.borrow_mut().get_or_insert_with(|| whose.to_owned());
        }
        let found = self.redactor.count_in(&logs.stdout) + self.redactor.count_in(&logs.stderr);
        if found > 0 {
            ledger.leaks.borrow_mut().push((whose.to_owned(), found));
        }
    }

    /// Reads the logs of a container that is no longer needed, and removes it.
    pub(crate) fn retire(&self, container: Box<dyn Container>, whose: &str) {
        if let Ok(logs) = container.logs() {
            self.search(&logs, whose);
        }
        drop(container);
    }

    /// Keeps in mind what was created in the user's own database.
    pub(crate) fn remember(&self, path: &str) {
        if self.database.is_given_server() {
            self.ledger.rows.borrow_mut().push(path.to_owned());
        }
    }
}
