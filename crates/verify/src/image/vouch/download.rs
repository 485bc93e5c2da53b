//! What package managers keep of what they downloaded: caches that were left in the image, and wheels.

use super::pip;

/// The package manager in whose cache of downloads a file lies. None of them puts there what the author wrote.
pub(super) fn cache(path: &str) -> Option<&'static str> {
    let inside = |folder: &str| path.match_indices(folder).find(|(at, _)| *at == 0 || path.as_bytes()[at - 1] == b'/');
    let version = |folder: &str, next: &str| {
        let rest = inside(folder).and_then(|(at, _)| path[at + folder.len()..].split_once('/'));
        rest.is_some_and(|(version, rest)| is_version(version) && rest.starts_with(next))
    };
    if inside("_cacache/").is_some() {
        return Some("npm");
    }
    let is_zip_of_registry = || path.strip_suffix(".zip").is_some_and(|path| path.contains("-npm-"));
    if version("yarn/", "npm-")
        || is_zip_of_registry() && [".yarn/cache/", "yarn/berry/cache/"].iter().any(|folder| inside(folder).is_some())
    {
        return Some("Yarn");
    }
    if version("pnpm/store/", "files/") || version(".pnpm-store/", "files/") {
        return Some("pnpm");
    }
    if inside(".bun/install/cache/").is_some() {
        return Some("Bun");
    }
    ["pip/http/", "pip/http-v2/"].iter().any(|folder| inside(folder).is_some()).then_some("pip")
}

fn is_version(text: &str) -> bool {
    text.strip_prefix('v').is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The package in a wheel, by the wheel's name: `SQLAlchemy-2.0.30-cp311-cp311-manylinux_2_17_x86_64.whl`.
pub(super) fn wheel(path: &str) -> Option<String> {
    let stem = path.rsplit('/').next()?.strip_suffix(".whl")?;
    let (name, rest) = stem.split_once('-')?;
    (rest.matches('-').count() >= 3).then(|| pip::normal(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cache_is_known_by_its_folder() {
        for (path, expected) in [
            ("root/.npm/_cacache/content-v2/sha512/ab/cd/ef", Some("npm")),
            ("usr/local/share/.cache/yarn/v6/npm-next-15.0.0-ab-integrity/node_modules/next/x.js", Some("Yarn")),
            ("app/.yarn/cache/next-npm-15.0.0-ab-cd.zip", Some("Yarn")),
            ("root/.local/share/pnpm/store/v10/files/ab/cd", Some("pnpm")),
            ("app/.pnpm-store/v3/files/ab/cd", Some("pnpm")),
            ("root/.bun/install/cache/next@15.0.0@@@1/x.js", Some("Bun")),
            ("root/.cache/pip/http-v2/a/b/c/d/e/abcde.body", Some("pip")),
            ("app/.yarn/cache/shop-workspace-ab.zip", None),
            ("app/my_cacache/x", None),
            ("app/yarn/v6/main.js", None),
            ("app/yarn/vendor/npm-x/x.js", None),
            ("app/.npm/x", None),
        ] {
            assert_eq!(cache(path), expected, "{path}");
        }
    }

    #[test]
    fn a_wheel_names_its_package() {
        for (path, expected) in [
            ("wheels/Flask_SQLAlchemy-3.1.1-py3-none-any.whl", Some("flask-sqlalchemy")),
            ("shop-1.0-1-py3-none-any.whl", Some("shop")),
            ("wheels/shop.whl", None),
            ("wheels/shop-1.0.tar.gz", None),
        ] {
            assert_eq!(wheel(path).as_deref(), expected, "{path}");
        }
    }
}
