//! `image.dependency_list`: Binaries carry their dependency list.

use std::io::Read as _;

use object::{Object as _, ObjectSection as _};
use serde_json::Value;

use super::facts::{absolute, text};
use super::program::{self, Program};
use super::{Facts, command, count};
use crate::Finding;

/// Where cargo-auditable puts it, compressed.
const RUST: &str = ".dep-v0";
/// Where Go puts it, and how it begins.
const GO: &str = ".go.buildinfo";
const GO_MAGIC: &[u8] = b"\xff Go buildinf:";
/// The length of Go's header, and of the marks around its list.
const GO_HEADER: usize = 32;
const GO_MARK: usize = 16;
/// The longest program and the longest list that are read.
const PROGRAM_BYTES: u64 = 512 << 20;
const LIST_BYTES: u64 = 16 << 20;

/// Reads the list in the programs that the image's command starts; shells and launchers in front of them need none.
pub fn dependency_list(facts: &Facts) -> Finding {
    let start = program::start(facts);
    if let Some(missing) = start.missing {
        return Finding::unproven(missing);
    }
    let mut whole: Option<Finding> = None;
    for (path, _) in &start.files {
        let place = format!("`{}`", absolute(path));
        let finding = match facts.program(path) {
            Some(Program::Script(_)) => {
                return Finding::unproven(format!(
                    "it starts the script {place}: which binary that starts is not seen"
                ));
            }
            Some(Program::Elf { .. }) if program::is_loader(path) || command::only_starts(&text(path)) => continue,
            Some(Program::Elf { .. }) => match facts.tree.read(path, PROGRAM_BYTES) {
                Ok(Some(bytes)) => of_program(&bytes, &place),
                Ok(None) => Finding::unproven(format!("{place} is not there")),
                Err(error) => Finding::unproven(format!("{place}: {error}")),
            },
            None => Finding::unproven(format!("{place} is no ELF program")),
        };
        whole = Some(match whole {
            None => finding,
            Some(before) => before.and(finding),
        });
    }
    whole.unwrap_or_else(|| Finding::unproven("the command starts no binary of its own"))
}

fn of_program(bytes: &[u8], place: &str) -> Finding {
    let file = match object::File::parse(bytes) {
        Ok(file) => file,
        Err(error) => return Finding::unproven(format!("{place} cannot be read: {error}")),
    };
    let section = |name: &str| file.section_by_name(name)?.data().ok();
    if let Some(list) = section(RUST) {
        return match rust(list) {
            Some(packages) => Finding::pass(format!("{place} lists {} in `{RUST}`", count(packages as u64, "package"))),
            None => Finding::fail(format!("{place} has a section `{RUST}` ({} bytes) that is no list", list.len())),
        };
    }
    if let Some(list) = section(GO) {
        return match go(list) {
            Some(modules) => Finding::pass(format!("{place} lists {} as Go does", count(modules as u64, "module"))),
            // Before Go 1.18 it lies elsewhere in the program.
            None => Finding::unproven(format!("{place} has a section `{GO}` whose list cannot be read")),
        };
    }
    Finding::fail(format!("{place} has neither a section `{RUST}` (cargo-auditable) nor `{GO}` (Go)"))
}

/// The packages of cargo-auditable's list.
fn rust(section: &[u8]) -> Option<usize> {
    let mut text = Vec::new();
    flate2::read::ZlibDecoder::new(section).take(LIST_BYTES).read_to_end(&mut text).ok()?;
    let list: Value = serde_json::from_slice(&text).ok()?;
    let packages = list["packages"].as_array()?;
    let is_package = |package: &Value| package["name"].is_string() && package["version"].is_string();
    (!packages.is_empty() && packages.iter().all(is_package)).then_some(packages.len())
}

/// The modules of Go's list, the program's own among them.
fn go(section: &[u8]) -> Option<usize> {
    const INLINE: u8 = 2;
    if !section.starts_with(GO_MAGIC) || section.get(GO_MAGIC.len() + 1)? & INLINE == 0 {
        return None;
    }
    let (_, rest) = string(section.get(GO_HEADER..)?)?;
    let (list, _) = string(rest)?;
    let list = std::str::from_utf8(list.get(GO_MARK..list.len().checked_sub(GO_MARK)?)?).ok()?;
    let modules = list.lines().filter(|line| line.starts_with("mod\t") || line.starts_with("dep\t")).count();
    (modules > 0).then_some(modules)
}

/// A text behind its length, and what follows it.
fn string(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (mut length, mut shift) = (0_usize, 0_u32);
    for (at, byte) in bytes.iter().take(5).enumerate() {
        length |= usize::from(byte & 0x7f) << shift;
        shift += 7;
        if byte & 0x80 == 0 {
            return bytes[at + 1..].split_at_checked(length);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn packed(text: &str) -> Vec<u8> {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn a_list_of_cargo_auditable_names_packages() {
        for (text, expected) in [
            (r#"{"packages":[{"name":"a","version":"1.0.0"},{"name":"b","version":"2.0.0"}]}"#, Some(2)),
            (r#"{"packages":[]}"#, None),
            (r#"{"packages":[{"name":"a"}]}"#, None),
            ("nonsense", None),
        ] {
            assert_eq!(rust(&packed(text)), expected, "{text}");
        }
        assert_eq!(rust(b"nonsense"), None);
    }

    #[test]
    fn a_list_of_go_names_modules() {
        let section = |flags: u8, list: &str| {
            let mut bytes = GO_MAGIC.to_vec();
            bytes.extend([8, flags]);
            bytes.resize(GO_HEADER, 0);
            bytes.extend([8]);
            bytes.extend(b"go1.22.1");
            let marked = format!("{0}{list}{0}", "m".repeat(GO_MARK));
            bytes.push(u8::try_from(marked.len()).unwrap());
            bytes.extend(marked.as_bytes());
            bytes
        };
        let list = "path\tacme/app\nmod\tacme/app\t(devel)\ndep\tx/y\tv1.0.0\th1:x=\n";
        assert_eq!(go(&section(2, list)), Some(2));
        assert_eq!(go(&section(0, list)), None);
        assert_eq!(go(&section(2, "path\tx\n")), None);
        assert_eq!(go(&section(2, list)[..60]), None);
        assert_eq!(go(b""), None);
    }
}
