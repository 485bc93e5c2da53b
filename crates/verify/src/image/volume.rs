//! `image.volume`: Image declares the volume {path}.

use super::{Facts, first};
use crate::Finding;

/// Every path named is declared: the path itself, for what lies above or below it is another volume.
pub fn volumes(facts: &Facts, paths: &[String]) -> Finding {
    let declared = facts.config.volumes();
    let is_declared = |path: &str| declared.iter().any(|volume| plain(volume) == plain(path));
    let missing: Vec<String> = paths.iter().filter(|path| !is_declared(path)).map(|path| format!("`{path}`")).collect();
    let seen = match declared.as_slice() {
        [] => "the config declares no volume".to_owned(),
        volumes => format!("the config declares {}", first(volumes, 5)),
    };
    if missing.is_empty() { Finding::pass(seen) } else { Finding::fail(format!("{seen}, not {}", first(&missing, 5))) }
}

/// `/data/` is `/data`.
fn plain(path: &str) -> &str {
    path.trim_end_matches('/')
}

#[cfg(test)]
mod tests {
    use seaworthy_report::Verdict::{Fail, Pass};
    use serde_json::json;

    use super::*;
    use crate::image::tests::Sample;

    #[test]
    fn a_volume_is_declared_by_its_own_path() {
        let facts = Sample::new().config("Volumes", json!({"/data": {}, "/logs/": {}})).facts();
        for (paths, verdict) in [
            (&["/data"][..], Pass),
            (&["/data/", "/logs"], Pass),
            (&["/data", "/cache"], Fail),
            (&["/data/x"], Fail),
            (&["/"], Fail),
        ] {
            let paths: Vec<String> = paths.iter().map(|&path| path.to_owned()).collect();
            assert_eq!(volumes(&facts, &paths).verdict, verdict, "{paths:?}");
        }
        let none = volumes(&Sample::new().facts(), &["/data".to_owned()]);
        assert_eq!((none.verdict, none.evidence.as_str()), (Fail, "the config declares no volume, not `/data`"));
    }
}
