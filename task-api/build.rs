//! Takes the two files that the documentation page needs out of the vendored Swagger UI archive.
//!
//! They stay compressed: an entry of a zip archive is a deflate stream, which becomes a gzip file by a header and a
//! trailer. Browsers get them as they are, and the binary carries 0.4 MB instead of the archive's 4 MB.

use std::{
    env,
    error::Error,
    fs,
    io::{Cursor, Read},
    path::Path,
};

const FILES: [&str; 2] = ["swagger-ui-bundle.js", "swagger-ui.css"];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rustc-check-cfg=cfg(fuzzing)");
    let out = env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?;
    let mut archive = zip::ZipArchive::new(Cursor::new(utoipa_swagger_ui_vendored::SWAGGER_UI_VENDORED))?;
    for name in FILES {
        let mut found = None;
        for index in 0..archive.len() {
            let entry = archive.by_index_raw(index)?;
            let path = entry.name()?;
            // `swagger-ui-VERSION/dist/NAME`; the archive also holds flavours of the same files further down.
            if path.split('/').skip(1).eq(["dist", name]) {
                found = Some(index);
            }
        }
        let index = found.ok_or(format!("no `{name}` in the Swagger UI archive"))?;
        let gzip = gzip(archive.by_index_raw(index)?)?;
        fs::write(Path::new(&out).join(format!("{name}.gz")), gzip)?;
    }
    Ok(())
}

/// A gzip file of a deflated entry, with no name and no time in it.
fn gzip<R: Read>(mut entry: zip::read::ZipFile<'_, R>) -> Result<Vec<u8>, Box<dyn Error>> {
    if entry.compression() != zip::CompressionMethod::DEFLATE {
        return Err("an entry of the Swagger UI archive is not deflated".into());
    }
    let mut file = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    let (crc32, size) = (entry.crc32(), u32::try_from(entry.size())?);
    entry.read_to_end(&mut file)?;
    file.extend(crc32.to_le_bytes());
    file.extend(size.to_le_bytes());
    Ok(file)
}
