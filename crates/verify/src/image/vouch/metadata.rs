//! What the `METADATA` of a Python package says of its purpose: whether it was made for everyone.
//!
//! The files that pip leaves of a package from an index and of one from a folder of wheels are the same. Tools that make an author's own
//! package write a name and a version; who publishes says where the project lives and under which licence others may use it.

/// The longest head that is read: some packages have the whole text of their licence in it.
pub(super) const LONGEST: usize = 64 << 10;
/// Words of licences that let everyone use a package.
const OPEN: [&str; 20] = [
    "mit",
    "bsd",
    "apache",
    "gpl",
    "lgpl",
    "agpl",
    "gplv2",
    "gplv3",
    "lgplv3",
    "agplv3",
    "mpl",
    "isc",
    "psf",
    "zlib",
    "unlicense",
    "cc0",
    "epl",
    "zpl",
    "artistic",
    "0bsd",
];
/// Last words of host names that only one network knows, or none.
const NOT_PUBLIC: [&str; 10] =
    ["internal", "corp", "local", "lan", "intranet", "private", "home", "test", "invalid", "localhost"];

/// Whether the head of a `METADATA` names a public home and an open licence.
pub(super) fn is_for_everyone(metadata: &[u8]) -> bool {
    let metadata = String::from_utf8_lossy(&metadata[..metadata.len().min(LONGEST)]);
    let (mut has_home, mut is_open, mut is_private) = (false, false, false);
    // The description begins behind an empty line.
    for line in metadata.lines().take_while(|line| !line.trim().is_empty()) {
        let Some((name, value)) = line.split_once(':').filter(|_| !line.starts_with(' ')) else { continue };
        let value = value.trim();
        match name.to_ascii_lowercase().as_str() {
            "home-page" | "download-url" => has_home |= is_public(value),
            "project-url" => has_home |= value.split_once(',').is_some_and(|(_, url)| is_public(url.trim())),
            "license" | "license-expression" => is_open |= is_open_licence(value),
            "license-file" => is_open = true,
            "classifier" => {
                is_open |=
                    value.starts_with("License :: OSI Approved") || value.starts_with("License :: Public Domain");
                is_private |= value.starts_with("Private ::") || value.contains("Proprietary");
            }
            _ => {}
        }
    }
    has_home && is_open && !is_private
}

fn is_open_licence(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    text.split(|sign: char| !sign.is_ascii_alphanumeric()).any(|word| OPEN.contains(&word))
}

/// Whether a URL leads to where everyone can look.
fn is_public(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")) else { return false };
    let host = rest.split(['/', '?', '#']).next().unwrap_or(rest).to_ascii_lowercase();
    let Some((domain, last)) = host.rsplit_once('.') else { return false };
    let is_name = last.len() > 1 && last.bytes().all(|byte| byte.is_ascii_alphabetic());
    let is_example = domain == "example" || domain.ends_with(".example") || last == "example";
    let is_template = rest.ends_with("/sampleproject") || rest.starts_with("github.com/unknown/");
    is_name && !NOT_PUBLIC.contains(&last) && !is_example && !is_template
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_for_everyone_names_a_home_and_a_licence() {
        let home = "Home-page: https://github.com/celery/kombu";
        for (head, expected) in [
            (format!("Name: x\n{home}\nLicense: BSD-3-Clause\n"), true),
            (format!("Name: x\n{home}\nClassifier: License :: OSI Approved :: MIT License\n"), true),
            ("Project-URL: Source, https://gitlab.com/a/b\nLicense-Expression: Apache-2.0 OR MIT\n".to_owned(), true),
            (format!("{home}\nLicense: GNU LGPL with exceptions\n"), true),
            (format!("{home}\nLicense: NCSA\nLicense-File: LICENSE.md\n"), true),
            // What `poetry new`, `uv init`, `hatch new` and setuptools write of themselves.
            (
                "Project-URL: Source, https://github.com/unknown/shop\nLicense-Expression: MIT\nLicense-File: LICENSE.txt\n"
                    .to_owned(),
                false,
            ),
            ("Metadata-Version: 2.1\nName: shop\nVersion: 1.0\n".to_owned(), false),
            ("Name: shop\nAuthor: Jane\nClassifier: Programming Language :: Python :: 3\n".to_owned(), false),
            (format!("Name: shop\n{home}\n"), false),
            (format!("Name: shop\n{home}\nLicense: UNKNOWN\n"), false),
            (format!("Name: shop\n{home}\nLicense: Proprietary, see the permit\n"), false),
            (format!("{home}\nLicense: MIT\nClassifier: Private :: Do Not Upload\n"), false),
            ("Home-page: UNKNOWN\nLicense: MIT\n".to_owned(), false),
            ("Home-page: https://git.corp/shop\nLicense: MIT\n".to_owned(), false),
            ("Home-page: http://git/shop\nLicense: MIT\n".to_owned(), false),
            ("Home-page: http://10.0.0.7/shop\nLicense: MIT\n".to_owned(), false),
            ("Home-page: https://example.com/shop\nLicense: MIT\n".to_owned(), false),
            ("Home-page: https://github.com/pypa/sampleproject\nLicense: MIT\n".to_owned(), false),
            // The description is anyone's text.
            (format!("Name: shop\n\n{home}\nLicense: MIT\n"), false),
            (String::new(), false),
        ] {
            assert_eq!(is_for_everyone(head.as_bytes()), expected, "{head}");
        }
        assert!(!is_for_everyone(&[0xff; 100]));
    }
}
