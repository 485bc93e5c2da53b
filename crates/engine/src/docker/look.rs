//! What stands at a path of a container: the daemon answers with an archive of it.

use std::io::{Cursor, Read as _};

use bollard::query_parameters::DownloadFromContainerOptionsBuilder;
use futures_util::StreamExt as _;
use tar::{Archive, EntryType};

use super::client::{self, Client};
use crate::{AtPath, EngineError, LARGEST_FILE_BYTES};

const ACTION: &str = "look into the container";
/// As many links as the kernel follows.
const LINKS_MAX: usize = 40;
/// A file of the largest size, with what an archive puts around it.
const ARCHIVE_BYTES_MAX: u64 = LARGEST_FILE_BYTES + (64 << 10);

/// What an archive of one path begins with.
enum First {
    Link(String),
    Other(AtPath),
}

/// The daemon follows the links on the way there, but not the last one.
pub(crate) fn at(client: &Client, id: &str, path: &str) -> Result<AtPath, EngineError> {
    let mut path = path.to_owned();
    for _ in 0..LINKS_MAX {
        let Some(archive) = archive(client, id, &path)? else { return Ok(AtPath::Nothing) };
        match first(&archive) {
            Ok(First::Other(found)) => return Ok(found),
            Ok(First::Link(target)) if target.starts_with('/') => path = target,
            Ok(First::Link(target)) => {
                let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
                path = format!("{folder}/{target}");
            }
            Err(error) => {
                let reason = format!("the daemon's archive cannot be read: {error}");
                return Err(client.failure(ACTION, reason));
            }
        }
    }
    Ok(AtPath::Nothing)
}

/// Its beginning; `None` where nothing stands there.
fn archive(client: &Client, id: &str, path: &str) -> Result<Option<Vec<u8>>, EngineError> {
    let options = DownloadFromContainerOptionsBuilder::default().path(path).build();
    client.block(async {
        let mut pieces = std::pin::pin!(client.docker.download_from_container(id, Some(options)));
        let mut bytes = Vec::new();
        while let Some(piece) = pieces.next().await {
            match piece {
                Ok(piece) => bytes.extend_from_slice(&piece),
                Err(error) if client::status(&error) == Some(404) => return Ok(None),
                Err(error) => return Err(client.failed(ACTION, &error)),
            }
            if bytes.len() as u64 > ARCHIVE_BYTES_MAX {
                break;
            }
        }
        Ok(Some(bytes))
    })
}

fn first(archive: &[u8]) -> std::io::Result<First> {
    let mut archive = Archive::new(Cursor::new(archive));
    let Some(entry) = archive.entries()?.next() else { return Ok(First::Other(AtPath::Nothing)) };
    let mut entry = entry?;
    Ok(match entry.header().entry_type() {
        EntryType::Symlink => {
            let target = entry.link_name_bytes().unwrap_or_default();
            First::Link(String::from_utf8_lossy(&target).into_owned())
        }
        EntryType::Regular if entry.size() > LARGEST_FILE_BYTES => First::Other(AtPath::LargeFile),
        EntryType::Regular => {
            let mut content = Vec::new();
            entry.read_to_end(&mut content)?;
            First::Other(AtPath::File(content))
        }
        _ => First::Other(AtPath::NoFile),
    })
}
