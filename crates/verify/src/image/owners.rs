//! Whose the files are.

use super::{Facts, uid};

/// The first file or folder that is not the container's user's, and whose it is.
pub fn file_of_another(facts: &Facts) -> Option<(String, u64)> {
    let user = uid(facts).map(u64::from);
    // The root is in every image, whoever made it.
    let is_root = |path: &std::path::Path| path.as_os_str().is_empty() || path == "/";
    let of_another = facts.tree.iter().find(|(path, node)| !is_root(path) && Some(node.uid) != user)?;
    Some((format!("/{}", of_another.0.display()), of_another.1.uid))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::tests::Sample;

    #[test]
    fn a_file_of_another_is_named_with_its_owner() {
        let of = |user: &str| {
            file_of_another(
                &Sample::new().owned_file("app", 0).owned_file("note", 1000).config("User", user.into()).facts(),
            )
        };
        assert_eq!(of("1000"), Some(("/app".to_owned(), 0)));
        assert_eq!(of("0"), Some(("/note".to_owned(), 1000)));
    }
}
