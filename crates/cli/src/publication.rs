//! Sending an image to a registry under its tags: what `ship` and `push` have in common.

use seaworthy_image::{Descriptor, Digest, Image};
use seaworthy_publish::{Asked, in_registry};
use seaworthy_registry::tags::{self, Fate, Origin, Plan};
use seaworthy_registry::{Client, Ended, Pushed, Repository, Settings};
use seaworthy_report::terminal::Style;
use seaworthy_report::{self as report, clean, size};
use seaworthy_spec::{Check, Spec};
use seaworthy_verify::InRegistry;

use crate::destination::Destination;
use crate::failure::Failure;
use crate::interrupt;
use crate::output::Output;
use crate::table::{self, Row};
use crate::tags_args::TagsArgs;

/// A client that finds credentials and authorities where Docker and Podman would.
///
/// A signal ends what it waits for.
pub(crate) fn client() -> Client {
    let client = Client::new(Settings::from_environment());
    let ended = client.clone();
    interrupt::also(move || ended.stop());
    client
}

/// A push that is decided on: which tags, and why.
pub(crate) struct Publication {
    pub(crate) repository: Repository,
    origin: Origin,
    may_move: bool,
    pub(crate) plan: Plan,
}

impl Publication {
    /// Asks the registry what its tags name, and decides. Nothing is written.
    ///
    /// # Errors
    ///
    /// Fails if the registry cannot be asked.
    pub(crate) fn plan(
        to: &Destination,
        image: &Image,
        mut origin: Origin,
        tags: TagsArgs,
        out: &mut Output,
    ) -> anyhow::Result<Self> {
        out.begins(&format!("asking {} for its tags", to.0.registry()));
        let repository = client().repository(&to.0)?;
        origin.own = tags.own;
        let may_move = tags.move_tags;
        let plan = tags::plan(&origin, image.digest(), &repository.look_up(&origin)?, may_move);
        if plan.named().next().is_none() && plan.refused().next().is_none() {
            out.note(
                "this push writes no tag: neither a version nor a commit is known; the image has its digest alone, and `--tag T` gives it a tag",
            );
        }
        Ok(Self { repository, origin, may_move, plan })
    }

    /// Why nothing may be pushed, where a tag stands against it.
    pub(crate) fn refusal(&self) -> Option<Failure> {
        self.refused(&format!("nothing is pushed to `{}`", self.repository))
    }

    /// What does not happen, and the tags that stand against it.
    fn refused(&self, what: &str) -> Option<Failure> {
        let refused: Vec<String> = self
            .plan
            .refused()
            .map(|step| format!("`{}` ({}): {}", step.tag, step.meaning, step.fate.reason()))
            .collect();
        let movable = |step: &tags::Step| matches!(&step.fate, Fate::Refused { movable: true, .. });
        let what = format!("{what}: {}", refused.join(", "));
        match refused.as_slice() {
            [] => None,
            _ if self.plan.refused().all(movable) => {
                Some(Failure::new(what).hint("give the project a new version, or let the tags move with `--move-tags`"))
            }
            _ => Some(Failure::new(what)),
        }
    }

    /// The tags, each with what becomes of it and why.
    pub(crate) fn table(&self, style: Style) -> String {
        let row = |step: &tags::Step| {
            let what = match step.fate.reason() {
                reason if reason.is_empty() => step.meaning.to_string(),
                reason => format!("{}: {reason}", step.meaning),
            };
            Row::new([format!("  {}", clean(&step.tag)), step.fate.word().to_owned(), clean(&what)])
        };
        let rows: Vec<Row<3>> = self.plan.steps.iter().map(row).collect();
        table::render(&rows, 40, style)
    }

    /// Sends the blobs and the manifest, then writes the tags, if what they name by then still permits it.
    ///
    /// # Errors
    ///
    /// Fails if the registry takes something not, or gives back something else, or somebody else's tag stands in the way now.
    pub(crate) fn send(&mut self, image: &Image, out: &mut Output) -> anyhow::Result<Pushed> {
        out.phase(&format!("pushing to {}", self.repository));
        let pushed = self.repository.push(image, &out.bars())?;
        self.plan = tags::plan(&self.origin, image.digest(), &self.repository.look_up(&self.origin)?, self.may_move);
        let what = format!("the image is in `{}` by its digest, and no tag was written", self.repository);
        if let Some(refusal) = self.refused(&what) {
            return Err(refusal.into());
        }
        for tag in self.plan.writes() {
            out.begins(&format!("tagging {tag}"));
            self.repository.tag(&image.manifest, tag)?;
        }
        Ok(pushed)
    }

    /// What the registry answers about the image now.
    ///
    /// # Errors
    ///
    /// Fails if it cannot be asked, or has no such image.
    pub(crate) fn seen(&self, image: &Image, spec: &Spec) -> anyhow::Result<InRegistry> {
        Ok(in_registry(&self.repository, self.origin.clone(), image, asked(spec, None))?)
    }

    /// For the report.
    pub(crate) fn told(&self, anyway: bool) -> report::Pushed {
        let tags = self.plan.named().map(str::to_owned).collect();
        report::Pushed { repository: self.repository.to_string(), tags, anyway }
    }
}

/// What a specification's promises need to know of an image in a registry.
pub(crate) fn asked<'a>(spec: &Spec, index: Option<&'a Digest>) -> Asked<'a> {
    Asked {
        index,
        platforms: spec.checks().any(|check| matches!(check, Check::RegistryPlatforms { .. })),
        sbom: spec.checks().any(|check| matches!(check, Check::RegistrySbom { .. })),
    }
}

/// What was sent: `2 blobs sent, 3.2 MB; 1 there already`.
pub(crate) fn sent(pushed: &Pushed) -> String {
    let count = |how, told: &str| match pushed.count(how) {
        0 => None,
        1 => Some(format!("1 blob {told}")),
        many => Some(format!("{many} blobs {told}")),
    };
    let sent = match count(Ended::Sent, "sent") {
        Some(sent) => format!("{sent}, {}", size(pushed.sent_bytes())),
        None => "no blob sent".to_owned(),
    };
    let others = [count(Ended::Present, "there already"), count(Ended::Mounted, "taken from another repository there")];
    [Some(sent)].into_iter().chain(others).flatten().collect::<Vec<_>>().join("; ")
}

/// What a push would send: `2 blobs to send, 3.2 MB`.
pub(crate) fn to_send(missing: &[Descriptor]) -> String {
    let bytes = size(missing.iter().map(|blob| blob.size).sum());
    match missing.len() {
        0 => "no blob to send: all are there".to_owned(),
        1 => format!("1 blob to send, {bytes}"),
        many => format!("{many} blobs to send, {bytes}"),
    }
}
