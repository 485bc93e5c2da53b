//! `image.certificates`: Image holds CA certificates.

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use seaworthy_image::{Node, TreeError};

use super::facts::absolute;
use super::{Facts, count, first, user};
use crate::Finding;

/// Where distributions keep the bundle: Debian and Alpine, Fedora, Red Hat, SUSE, Alpine and the BSDs.
const BUNDLES: [&str; 6] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/ca-bundle.pem",
    "/var/lib/ca-certificates/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];
/// The folder of single files beside them.
const FOLDER: &str = "/etc/ssl/certs";
/// Bundles that one language brings for itself.
const OF_LANGUAGES: [&str; 2] = ["cacert.pem", "cacerts"];
/// The longest bundle that is read.
const LONGEST: u64 = 8 << 20;

/// A bundle is where TLS libraries look for one, and a certificate in it can be read, by the image's user too.
pub fn certificates(facts: &Facts) -> Finding {
    let env = facts.config.env();
    let named = env.iter().rev().find(|(name, value)| name == "SSL_CERT_FILE" && !value.is_empty());
    if let Some((_, path)) = named {
        return match facts.find(path) {
            Some((_, node)) => bundle(facts, path, node).with("SSL_CERT_FILE names it"),
            None => Finding::fail(format!("SSL_CERT_FILE names `{path}`, which is not in the image")),
        };
    }
    let there = BUNDLES.iter().filter_map(|path| Some((path, facts.find(path)?.1)));
    let mut worst = None;
    for (path, node) in there {
        let finding = bundle(facts, path, node);
        if finding.verdict == seaworthy_report::Verdict::Pass {
            return finding;
        }
        worst.get_or_insert(finding);
    }
    worst.unwrap_or_else(|| without_bundle(facts))
}

/// What else may serve is named, and proves nothing.
fn without_bundle(facts: &Facts) -> Finding {
    let singles = facts.tree.children(FOLDER).len();
    if singles > 0 {
        let singles = count(singles as u64, "file");
        return Finding::unproven(format!("no bundle of a distribution; the {singles} in `{FOLDER}` are not read"));
    }
    let is_bundle = |name: &str| OF_LANGUAGES.contains(&name);
    let of_languages = facts.tree.iter().filter(|(path, node)| {
        node.is_file() && path.file_name().and_then(|name| name.to_str()).is_some_and(is_bundle)
    });
    let of_languages: Vec<String> = of_languages.map(|(path, _)| format!("`{}`", absolute(path))).take(10).collect();
    match of_languages.as_slice() {
        [] => Finding::fail(format!("no bundle at {} or another usual place", BUNDLES[0])),
        some => Finding::unproven(format!("no bundle of a distribution; {} serves one language", first(some, 3))),
    }
}

fn bundle(facts: &Facts, path: &str, node: &Node) -> Finding {
    if !node.is_file() {
        return Finding::fail(format!("`{path}` is no file"));
    }
    if let Some(closed) = closed(facts, path, node) {
        return closed;
    }
    let bytes = match facts.tree.read(path, LONGEST) {
        Ok(Some(bytes)) => bytes,
        Ok(None) | Err(TreeError::NoFile(_)) => return Finding::fail(format!("`{path}` is no file")),
        Err(error) => return Finding::unproven(format!("`{path}`: {error}")),
    };
    let all: Vec<_> = CertificateDer::pem_slice_iter(&bytes).collect();
    let is_certificate = |der: &CertificateDer<'_>| webpki::anchor_from_trusted_cert(der).is_ok();
    match all.iter().flatten().filter(|der| is_certificate(der)).count() {
        0 => Finding::fail(format!("no certificate can be read in `{path}` ({} bytes)", bytes.len())),
        readable => Finding::pass(format!("{} in `{path}`", count(readable as u64, "certificate"))),
    }
}

/// A file that the image's user may not read.
fn closed(facts: &Facts, path: &str, node: &Node) -> Option<Finding> {
    let uid = user::uid(facts);
    let is_roots = matches!(facts.config.user(), "" | "root" | "0") || uid == Some(0);
    if is_roots {
        return None;
    }
    let is_own = |node: &Node| uid.is_some_and(|uid| u64::from(uid) == node.uid);
    let real = facts.find(path).map(|(real, _)| real).unwrap_or_default();
    let folders = real.ancestors().skip(1).filter_map(|folder| Some((folder, facts.find(folder)?.1)));
    let locked = |folder: &Node| folder.mode & if is_own(folder) { 0o100 } else { 0o001 } == 0;
    if let Some((folder, node)) = folders.into_iter().find(|(_, node)| node.is_directory() && locked(node)) {
        let (place, mode) = (absolute(folder), node.mode & 0o7777);
        let seen = format!(
            "`{place}`, in which `{path}` lies, has the mode {mode:04o} and the owner {}:{}",
            node.uid, node.gid
        );
        return Some(match node.mode & 0o010 {
            0 if uid.is_some() => Finding::fail(format!("{seen}: the image's user cannot look into it")),
            _ => Finding::unproven(format!("{seen}: whether the image's user can look into it is not seen")),
        });
    }
    if node.mode & 0o004 != 0 || is_own(node) {
        return None;
    }
    let seen = format!("`{path}` has the mode {:04o} and the owner {}:{}", node.mode, node.uid, node.gid);
    Some(if node.mode & 0o040 == 0 && uid.is_some() {
        Finding::fail(format!("{seen}: the image's user cannot read it"))
    } else {
        Finding::unproven(format!("{seen}: whether the image's user can read it is not seen"))
    })
}
