//! The reference page of causes, made from the table.

use std::fmt::Write as _;

use crate::table::{Area, CAUSES};

/// The page in Markdown.
pub fn page() -> String {
    let mut text = "# Causes that `seaworthy doctor` names\n\n\
        Made from the program's own table: do not edit. [How the doctor works](doctor.md).\n"
        .to_owned();
    let areas =
        [Area::ExitsAtOnce, Area::Database, Area::Health, Area::Permissions, Area::Stop, Area::Restarts, Area::Reach];
    for area in areas {
        let _ = writeln!(text, "\n## {}", area.title());
        for known in CAUSES.iter().filter(|known| known.area == area) {
            let _ = write!(
                text,
                "\n### `{}`\n\n{}\n\n- Shown by: {}\n- Mended by: {}\n",
                known.id, known.what, known.shown, known.mend
            );
        }
    }
    text
}
