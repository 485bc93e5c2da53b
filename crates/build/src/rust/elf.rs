//! Just enough of ELF: is a binary static, and a section put behind what is there.

/// Why a file is not the binary it should be.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ElfError {
    #[error("the binary is not a 64-bit little-endian ELF file")]
    NotElf,
    #[error("the binary's tables are damaged")]
    Damaged,
    /// An empty image has no dynamic linker.
    #[error("the binary is not static: it asks for `{0}`")]
    Dynamic(String),
}

const HEADER: usize = 64;
const SECTION_HEADER: usize = 64;
const INTERPRETER: u64 = 3;

/// Where a number lies in a table's row: offset and length.
type Field = (usize, usize);

const E_PHOFF: Field = (32, 8);
const E_SHOFF: Field = (40, 8);
const E_PHENTSIZE: Field = (54, 2);
const E_PHNUM: Field = (56, 2);
const E_SHENTSIZE: Field = (58, 2);
const E_SHNUM: Field = (60, 2);
const E_SHSTRNDX: Field = (62, 2);
const P_TYPE: Field = (0, 4);
const P_OFFSET: Field = (8, 8);
const P_FILESZ: Field = (32, 8);
const SH_NAME: Field = (0, 4);
const SH_TYPE: Field = (4, 4);
const SH_OFFSET: Field = (24, 8);
const SH_SIZE: Field = (32, 8);
const SH_ALIGN: Field = (48, 8);

fn get(bytes: &[u8], at: u64, (offset, length): Field) -> Result<u64, ElfError> {
    let start = usize::try_from(at).ok().and_then(|at| at.checked_add(offset)).ok_or(ElfError::Damaged)?;
    let field = start.checked_add(length).and_then(|end| bytes.get(start..end)).ok_or(ElfError::Damaged)?;
    Ok(field.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte)))
}

fn set(row: &mut [u8], (offset, length): Field, value: u64) {
    row[offset..offset + length].copy_from_slice(&value.to_le_bytes()[..length]);
}

fn part(bytes: &[u8], offset: u64, size: u64) -> Result<&[u8], ElfError> {
    let start = usize::try_from(offset).map_err(|_| ElfError::Damaged)?;
    let size = usize::try_from(size).map_err(|_| ElfError::Damaged)?;
    start.checked_add(size).and_then(|end| bytes.get(start..end)).ok_or(ElfError::Damaged)
}

/// Fails unless the file runs where nothing else is: it must not ask for a dynamic linker.
pub(crate) fn check_static(bytes: &[u8]) -> Result<(), ElfError> {
    if bytes.len() < HEADER || !bytes.starts_with(b"\x7fELF\x02\x01") {
        return Err(ElfError::NotElf);
    }
    let (table, row) = (get(bytes, 0, E_PHOFF)?, get(bytes, 0, E_PHENTSIZE)?);
    for number in 0..get(bytes, 0, E_PHNUM)? {
        let at = table.checked_add(number * row).ok_or(ElfError::Damaged)?;
        if get(bytes, at, P_TYPE)? == INTERPRETER {
            let path = part(bytes, get(bytes, at, P_OFFSET)?, get(bytes, at, P_FILESZ)?)?;
            return Err(ElfError::Dynamic(String::from_utf8_lossy(path).trim_end_matches('\0').to_owned()));
        }
    }
    Ok(())
}

/// The file with one more section that is not loaded: the data, the names and the section table go behind the end.
pub(crate) fn add_section(mut bytes: Vec<u8>, name: &str, data: &[u8]) -> Result<Vec<u8>, ElfError> {
    if bytes.len() < HEADER || !bytes.starts_with(b"\x7fELF\x02\x01") {
        return Err(ElfError::NotElf);
    }
    let (table, count) = (get(&bytes, 0, E_SHOFF)?, get(&bytes, 0, E_SHNUM)?);
    let names_at = get(&bytes, 0, E_SHSTRNDX)?;
    // More than 65,279 sections would be counted elsewhere.
    if get(&bytes, 0, E_SHENTSIZE)? != SECTION_HEADER as u64 || count == 0 || count >= 0xfe00 || names_at >= count {
        return Err(ElfError::Damaged);
    }
    let mut sections = part(&bytes, table, count * SECTION_HEADER as u64)?.to_vec();
    let names_row = usize::try_from(names_at).map_err(|_| ElfError::Damaged)? * SECTION_HEADER;
    let (offset, size) = {
        let row = &sections[names_row..];
        (get(row, 0, SH_OFFSET)?, get(row, 0, SH_SIZE)?)
    };
    let mut names = part(&bytes, offset, size)?.to_vec();

    let mut section = [0; SECTION_HEADER];
    set(&mut section, SH_NAME, names.len() as u64);
    set(&mut section, SH_TYPE, 1);
    set(&mut section, SH_OFFSET, bytes.len() as u64);
    set(&mut section, SH_SIZE, data.len() as u64);
    set(&mut section, SH_ALIGN, 1);
    bytes.extend_from_slice(data);

    names.extend_from_slice(name.as_bytes());
    names.push(0);
    let row = &mut sections[names_row..names_row + SECTION_HEADER];
    set(row, SH_OFFSET, bytes.len() as u64);
    set(row, SH_SIZE, names.len() as u64);
    bytes.extend_from_slice(&names);

    bytes.resize(bytes.len().next_multiple_of(8), 0);
    let table = bytes.len() as u64;
    sections.extend_from_slice(&section);
    bytes.extend_from_slice(&sections);
    set(&mut bytes, E_SHOFF, table);
    set(&mut bytes, E_SHNUM, count + 1);
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_binary_is_refused() {
        assert_eq!(check_static(b"#!/bin/sh\n"), Err(ElfError::NotElf));
        let mut cut = b"\x7fELF\x02\x01".to_vec();
        cut.resize(HEADER, 0xff);
        assert_eq!(check_static(&cut), Err(ElfError::Damaged));
        assert_eq!(add_section(cut, ".x", b""), Err(ElfError::Damaged));
    }

    #[test]
    fn a_program_of_the_system_asks_for_its_linker() {
        // The test itself is linked against the system's libc, unless it was built for musl.
        let this = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        match check_static(&this) {
            Err(ElfError::Dynamic(linker)) => assert!(linker.contains("ld-linux"), "{linker}"),
            other => assert!(cfg!(target_env = "musl") && other.is_ok()),
        }
        let more = add_section(this, ".dep-v0", b"data").unwrap();
        assert!(check_static(&more).is_err());
    }
}
