//! Which tags a push writes: the arguments that `push` and `ship` share.

use clap::Args;

/// Which tags a push writes.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Tags")]
pub(crate) struct TagsArgs {
    /// A tag of your own, beside those made from the version and the commit (repeatable)
    #[arg(long = "tag", value_name = "T", requires = "to")]
    pub(crate) own: Vec<String>,

    /// Let version and commit tags that name another image name this one
    #[arg(long, requires = "to")]
    pub(crate) move_tags: bool,
}
