//! `task-api key new`: make an API key, and say once what it is.

use std::io::Write;

use super::Failure;
use crate::config::key::Entry;

/// # Errors
///
/// Fails if the name, the scopes or the last day are wrong.
pub fn new(out: &mut dyn Write, name: &str, scopes: &str, until: Option<&str>) -> Result<(), Failure> {
    let (key, entry) =
        Entry::new(name, scopes, until).map_err(|error| Failure(format!("cannot make a key: {error}")))?;
    let text = format!(
        "key    {key}\nentry  {entry}\n\n\
         The key is for the client, which sends it as `Authorization: Bearer {}…`. It is shown only now.\n\
         The entry is for the service: add it to `API_KEYS`, or as a line to the file that `API_KEYS_FILE` names.\n",
        &key[..8]
    );
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .map_err(|error| Failure::new("cannot print the key", &error))
}
