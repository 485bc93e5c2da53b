//! One verification: what `verify` and `ship` have in common.

use std::path::Path;

use anyhow::Context as _;
use seaworthy_build::Record;
use seaworthy_engine::{Choice, Engine};
use seaworthy_image::Image;
use seaworthy_report::Report;
use seaworthy_spec::Spec;
use seaworthy_verify::{Event, Options, Subject, Travel};

use crate::exit::Demand;
use crate::failure;
use crate::files;
use crate::folder::Folder;
use crate::interrupt;
use crate::interruptible::Interruptible;
use crate::output::Output;
use crate::report_to::Reports;

/// What the user decides about a run, looked up and checked.
pub(crate) struct Settings {
    pub(crate) engine: Choice,
    pub(crate) options: Options,
    pub(crate) reports: Reports,
    pub(crate) demand: Demand,
    /// The specification's boxes get what was found.
    pub(crate) tick: bool,
}

/// The image, and what is known of it.
pub(crate) fn subject<'a>(
    image: &'a Image,
    reference: String,
    record: Option<&'a Record>,
    folder: &Folder,
) -> Subject<'a> {
    Subject {
        image,
        deferred: None,
        reference,
        record,
        project: folder.flag(),
        argument: None,
        travel: Travel::default(),
    }
}

/// Holds the image to the specification, and shows what happens meanwhile.
///
/// Where no engine was named and none can be used, what needs a run stays unproven.
///
/// # Errors
///
/// Fails if the engine that was named cannot be used, or the image cannot be read.
pub(crate) fn run(
    spec: &Spec,
    path: &Path,
    subject: &Subject<'_>,
    settings: &Settings,
    out: &mut Output,
) -> anyhow::Result<Report> {
    out.begins("looking for an engine");
    let helper = std::env::current_exe().context("cannot find this program's own file")?;
    // A specification out of a proof may name what it likes, but not this machine's files.
    let is_file = path.metadata().is_ok_and(|metadata| metadata.is_file());
    let read = || files::read(path, seaworthy_spec::LARGEST_BYTES as u64).ok();
    let is_own = is_file && read().is_some_and(|bytes| bytes == spec.source.as_bytes());
    let folder = path.parent().filter(|_| is_own).map(|folder| Path::new(".").join(folder));
    let options = Options { folder, ..settings.options.clone() };
    let path = path.display().to_string();
    interrupt::making(|| {
        let engine = match seaworthy_engine::choose(settings.engine, &helper) {
            Ok(chosen) => {
                if let Some(note) = &chosen.note {
                    out.note(&failure::without_passwords(note));
                }
                Ok(Interruptible(chosen.engine))
            }
            Err(error) if settings.engine == Choice::Auto => Err(failure::in_words(&error.into())),
            Err(error) => return Err(error.into()),
        };
        let engine = engine.as_ref().map(|engine| engine as &dyn Engine).map_err(String::clone);
        let watch = &mut |event: Event<'_>| {
            interrupt::check();
            out.event(&event);
        };
        Ok(seaworthy_verify::verify(spec, &path, subject, engine, &options, watch)?)
    })
}
