//! What is no longer needed goes while the next container starts.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{self, Sender};
use std::thread::{self, JoinHandle};

use seaworthy_engine::Volumes;

/// Removes what it is given, in that order: beside other work until [`Remover::finish`], and at once from then on. When it is dropped, all
/// is gone.
pub(crate) struct Remover(RefCell<Option<Worker>>);

struct Worker {
    queue: Sender<Box<dyn Send>>,
    thread: JoinHandle<()>,
}

/// Volumes that outlive a container; they go after what was removed before.
pub(crate) struct Storage<'a> {
    volumes: Option<Box<dyn Volumes>>,
    remover: &'a Remover,
}

impl Remover {
    pub(crate) fn new() -> Self {
        let (queue, given) = mpsc::channel::<Box<dyn Send>>();
        let work = move || given.into_iter().for_each(remove);
        // A machine that has no thread left removes at once.
        let thread = thread::Builder::new().name("remover".to_owned()).spawn(work);
        Self(RefCell::new(thread.ok().map(|thread| Worker { queue, thread })))
    }

    /// Takes it away. An engine removes what is dropped.
    pub(crate) fn remove(&self, what: Box<dyn Send>) {
        let left = match self.0.borrow().as_ref() {
            Some(worker) => worker.queue.send(what).err().map(|refused| refused.0),
            None => Some(what),
        };
        left.into_iter().for_each(remove);
    }

    /// Whether it works beside others.
    pub(crate) fn is_beside(&self) -> bool {
        self.0.borrow().is_some()
    }

    /// Waits until all is gone, so that nothing disturbs what is measured from here on.
    pub(crate) fn finish(&self) {
        if let Some(Worker { queue, thread }) = self.0.take() {
            drop(queue);
            let _ = thread.join();
        }
    }
}

impl Drop for Remover {
    fn drop(&mut self) {
        self.finish();
    }
}

/// One that fails to go does not keep the others.
fn remove(what: Box<dyn Send>) {
    let _ = catch_unwind(AssertUnwindSafe(|| drop(what)));
}

impl<'a> Storage<'a> {
    pub(crate) fn new(volumes: Box<dyn Volumes>, remover: &'a Remover) -> Self {
        Self { volumes: Some(volumes), remover }
    }

    pub(crate) fn volumes(&self) -> Option<&dyn Volumes> {
        self.volumes.as_deref()
    }
}

impl Drop for Storage<'_> {
    fn drop(&mut self) {
        if let Some(volumes) = self.volumes.take() {
            self.remover.remove(Box::new(volumes));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, channel};
    use std::time::Duration;

    use super::*;

    /// Says that it goes, and waits until it may.
    struct Thing {
        name: &'static str,
        goes: Sender<&'static str>,
        may: Option<Receiver<()>>,
    }

    impl Drop for Thing {
        fn drop(&mut self) {
            if let Some(may) = &self.may {
                let _ = may.recv();
            }
            let _ = self.goes.send(self.name);
            assert!(self.name != "bad", "it fails to go");
        }
    }

    impl Volumes for Thing {
        fn id(&self) -> &str {
            self.name
        }
    }

    #[test]
    fn what_is_removed_holds_up_nobody_and_volumes_go_after_their_containers() {
        let ((goes, gone), (let_go, may)) = (channel(), channel());
        let remover = Remover::new();
        let thing = |name, may| Thing { name, goes: goes.clone(), may };
        let storage = Storage::new(Box::new(thing("volumes", None)), &remover);
        remover.remove(Box::new(thing("container", Some(may))));
        drop(storage);
        assert!(gone.recv_timeout(Duration::from_millis(50)).is_err());
        let_go.send(()).unwrap();
        remover.finish();
        assert_eq!(gone.try_iter().collect::<Vec<_>>(), ["container", "volumes"]);
        remover.remove(Box::new(thing("later", None)));
        assert_eq!(gone.try_iter().collect::<Vec<_>>(), ["later"]);
    }

    #[test]
    fn what_fails_to_go_keeps_no_other_and_all_is_gone_with_the_remover() {
        let (goes, gone) = channel();
        let remover = Remover::new();
        for name in ["bad", "good", "bad", "last"] {
            remover.remove(Box::new(Thing { name, goes: goes.clone(), may: None }));
        }
        drop(remover);
        assert_eq!(gone.try_iter().collect::<Vec<_>>(), ["bad", "good", "bad", "last"]);
    }
}
