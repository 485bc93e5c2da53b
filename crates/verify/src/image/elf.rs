//! What the first bytes of a program say: for which machine, and through which interpreter it is started.

/// How much of a file is needed: program headers stand right behind the ELF header, a script's first line is short.
pub(super) const HEAD: usize = 4096;

/// The header of an ELF program or shared object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Elf {
    pub(super) machine: Machine,
    /// The dynamic loader it names.
    pub(super) interpreter: Option<String>,
    pub(super) linkage: Linkage,
}

/// Whether a program asks for a dynamic loader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Linkage {
    Static,
    Dynamic,
    /// Its program headers lie behind the bytes that are read, or are not what they should be.
    Unknown,
}

/// Types of segments: the name of the loader, and what is loaded.
const INTERPRETER: u64 = 3;
const LOADED: u64 = 1;
/// More program headers are not looked at; programs have about ten.
const SEGMENTS_MAX: usize = 64;

/// The fields that tell one processor from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Machine {
    pub(super) bits: u8,
    pub(super) little_endian: bool,
    pub(super) number: u16,
}

/// Go's names for processors, and what a program for them says.
const ARCHITECTURES: [(&str, Machine); 17] = [
    ("amd64", machine(64, true, 62)),
    ("386", machine(32, true, 3)),
    ("arm64", machine(64, true, 183)),
    ("arm", machine(32, true, 40)),
    ("riscv64", machine(64, true, 243)),
    ("ppc64le", machine(64, true, 21)),
    ("ppc64", machine(64, false, 21)),
    ("ppc", machine(32, false, 20)),
    ("s390x", machine(64, false, 22)),
    ("mips64le", machine(64, true, 8)),
    ("mips64", machine(64, false, 8)),
    ("mipsle", machine(32, true, 8)),
    ("mips", machine(32, false, 8)),
    ("loong64", machine(64, true, 258)),
    ("sparc64", machine(64, false, 43)),
    ("arm64be", machine(64, false, 183)),
    ("armbe", machine(32, false, 40)),
];

const fn machine(bits: u8, little_endian: bool, number: u16) -> Machine {
    Machine { bits, little_endian, number }
}

impl Machine {
    /// What programs for a platform's architecture say; `None` where this program does not know it.
    pub(super) fn of(architecture: &str) -> Option<Self> {
        ARCHITECTURES.iter().find(|(name, _)| *name == architecture).map(|(_, machine)| *machine)
    }

    /// Go's name, else the figures.
    pub(super) fn name(self) -> String {
        if let Some((name, _)) = ARCHITECTURES.iter().find(|(_, machine)| *machine == self) {
            return (*name).to_owned();
        }
        let end = if self.little_endian { "little" } else { "big" };
        format!("ELF machine {}, {} bits, {end}-endian", self.number, self.bits)
    }
}

impl Elf {
    /// From a file's first [`HEAD`] bytes; `None` unless it is an executable or a shared object (object files and
    /// kernel modules are neither).
    pub(super) fn read(head: &[u8]) -> Option<Self> {
        let bits = match head.get(..5)? {
            b"\x7fELF\x01" => 32,
            b"\x7fELF\x02" => 64,
            _ => return None,
        };
        let little_endian = match head.get(5)? {
            1 => true,
            2 => false,
            _ => return None,
        };
        let fields = Fields { head, little_endian };
        let kind = fields.half(16)?;
        if !matches!(kind, 2 | 3) {
            return None;
        }
        let machine = Machine { bits, little_endian, number: fields.half(18)? };
        let wide = bits == 64;
        Some(Self { machine, interpreter: fields.interpreter(wide), linkage: fields.linkage(wide) })
    }
}

struct Fields<'a> {
    head: &'a [u8],
    little_endian: bool,
}

impl Fields<'_> {
    fn number(&self, at: usize, width: usize) -> Option<u64> {
        let bytes = self.head.get(at..at.checked_add(width)?)?;
        let add = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
        Some(if self.little_endian { bytes.iter().rev().fold(0, add) } else { bytes.iter().fold(0, add) })
    }

    fn half(&self, at: usize) -> Option<u16> {
        self.number(at, 2).and_then(|number| u16::try_from(number).ok())
    }

    fn offset(&self, at: usize, wide: bool) -> Option<usize> {
        self.number(at, if wide { 8 } else { 4 }).and_then(|number| usize::try_from(number).ok())
    }

    /// Where the program headers lie, what each takes, and how many there are.
    fn segments(&self, wide: bool) -> Option<(usize, usize, usize)> {
        let table = self.offset(if wide { 32 } else { 28 }, wide)?;
        let size = usize::from(self.half(if wide { 54 } else { 42 })?);
        Some((table, size, usize::from(self.half(if wide { 56 } else { 44 })?)))
    }

    /// Every program header must be seen, and one that loads something: else nothing is known.
    fn linkage(&self, wide: bool) -> Linkage {
        let Some((table, size, count)) = self.segments(wide) else { return Linkage::Unknown };
        if !(1..=SEGMENTS_MAX).contains(&count) || size < if wide { 56 } else { 32 } {
            return Linkage::Unknown;
        }
        let kind = |index: usize| self.number(table.checked_add(index.checked_mul(size)?)?, 4);
        let kinds: Option<Vec<u64>> = (0..count).map(kind).collect();
        match kinds {
            Some(kinds) if kinds.contains(&INTERPRETER) => Linkage::Dynamic,
            Some(kinds) if kinds.contains(&LOADED) => Linkage::Static,
            _ => Linkage::Unknown,
        }
    }

    /// The text of the segment of type `PT_INTERP`.
    fn interpreter(&self, wide: bool) -> Option<String> {
        let (table, size, count) = self.segments(wide)?;
        for index in 0..count.min(SEGMENTS_MAX) {
            let header = table.checked_add(index.checked_mul(size)?)?;
            if self.number(header, 4)? != INTERPRETER {
                continue;
            }
            let start = self.offset(header.checked_add(if wide { 8 } else { 4 })?, wide)?;
            let length = self.offset(header.checked_add(if wide { 32 } else { 16 })?, wide)?;
            let text = self.head.get(start..start.checked_add(length)?)?;
            return Some(String::from_utf8_lossy(text).trim_end_matches('\0').to_owned());
        }
        None
    }
}

/// The words behind `#!` on a script's first line.
pub(super) fn script(head: &[u8]) -> Option<Vec<String>> {
    let line = head.strip_prefix(b"#!")?.split(|&byte| byte == b'\n').next()?;
    let words: Vec<String> = String::from_utf8_lossy(line).split_whitespace().take(8).map(str::to_owned).collect();
    (!words.is_empty()).then_some(words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::tests::elf;

    #[test]
    fn a_program_tells_its_machine_and_loader() {
        for (architecture, loader) in [
            ("amd64", None),
            ("amd64", Some("/lib64/ld-linux-x86-64.so.2")),
            ("386", Some("/lib/ld-linux.so.2")),
            ("s390x", Some("/lib/ld64.so.1")),
            ("arm", None),
        ] {
            let found = Elf::read(&elf(architecture, loader)).unwrap();
            assert_eq!(found.machine.name(), architecture);
            assert_eq!(found.interpreter.as_deref(), loader, "{architecture}");
            let linkage = if loader.is_some() { Linkage::Dynamic } else { Linkage::Static };
            assert_eq!(found.linkage, linkage, "{architecture}");
        }
    }

    #[test]
    fn what_is_cut_or_no_program_is_none() {
        let whole = elf("amd64", Some("/lib/ld.so"));
        for length in 0..20 {
            assert_eq!(Elf::read(&whole[..length]), None, "{length}");
        }
        for length in 20..whole.len() {
            let _ = Elf::read(&whole[..length]);
        }
        let mut object = elf("amd64", None);
        object[16] = 1;
        assert_eq!(Elf::read(&object), None);
        let mut wild = elf("amd64", Some("/lib/ld.so"));
        wild[32..40].fill(0xff);
        assert_eq!(Elf::read(&wild).unwrap().interpreter, None);
        // Where nobody sees the headers, nobody knows that none names a loader.
        assert_eq!(Elf::read(&wild).unwrap().linkage, Linkage::Unknown);
        wild = elf("amd64", None);
        wild[56..58].fill(0);
        assert_eq!(Elf::read(&wild).unwrap().linkage, Linkage::Unknown);
    }

    #[test]
    fn a_script_names_its_interpreter() {
        assert_eq!(script(b"#!/usr/bin/env python3\nimport x").unwrap(), ["/usr/bin/env", "python3"]);
        assert_eq!(script(b"#! /bin/sh -e").unwrap(), ["/bin/sh", "-e"]);
        assert_eq!(script(b"#!\nx"), None);
        assert_eq!(script(b"echo"), None);
    }
}
