//! The revisions of the protocol, and which of them a request speaks.

use axum::http::HeaderMap;
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::json;

use super::message::{Message, Params, Refusal};

/// A revision that is answered, the newest last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Revision(usize);

const NAMES: [&str; 2] = ["2025-11-25", "2026-07-28"];

/// The one that begins with a handshake.
const WITH_HANDSHAKE: Revision = Revision(0);

impl Revision {
    pub(super) const NEWEST: Self = Self(NAMES.len() - 1);

    pub(super) fn names() -> [&'static str; 2] {
        NAMES
    }

    pub(super) fn name(self) -> &'static str {
        NAMES[self.0]
    }

    /// Whether each request says all there is to know, and no handshake comes before it.
    pub(super) fn is_modern(self) -> bool {
        self != WITH_HANDSHAKE
    }

    fn named(name: &str) -> Option<Self> {
        NAMES.iter().position(|known| *known == name).map(Self)
    }

    /// The revision of a request: as it says itself, or else its header, or else the one with a handshake.
    ///
    /// # Errors
    ///
    /// Fails if it is none of ours, or a request does not say all that its revision wants.
    pub(super) fn of(headers: &HeaderMap, message: &Message<'_>, params: &Params<'_>) -> Result<Self, Refusal> {
        if message.method == "initialize" {
            return Ok(WITH_HANDSHAKE);
        }
        let header = value(headers, "mcp-protocol-version")?;
        let is_modern = params.meta.version.is_some()
            || message.method == "server/discover"
            || header.as_deref().is_some_and(|name| name == Self::NEWEST.name());
        if !is_modern {
            return match header {
                None => Ok(WITH_HANDSHAKE),
                Some(name) => Self::named(&name).ok_or_else(|| unsupported(&name)),
            };
        }
        let (Some(name), true) = (params.meta.version.as_deref(), params.meta.has_capabilities()) else {
            let missing = "io.modelcontextprotocol/protocolVersion and io.modelcontextprotocol/clientCapabilities";
            return Err(Refusal::new(-32602, format!("Invalid params: _meta must have {missing}")));
        };
        must_be(headers, "MCP-Protocol-Version", name)?;
        let revision = Self::named(name).ok_or_else(|| unsupported(name))?;
        if revision.is_modern() {
            must_be(headers, "Mcp-Method", &message.method)?;
            if message.method == "tools/call" {
                must_be(headers, "Mcp-Name", params.name.as_deref().unwrap_or_default())?;
            }
        }
        Ok(revision)
    }
}

fn unsupported(name: &str) -> Refusal {
    let name: String = name.chars().take(100).collect();
    Refusal::new(-32022, "Unsupported protocol version").with(json!({ "supported": NAMES, "requested": name }))
}

/// What stands before the body must be what stands in it: others have acted on it.
fn must_be(headers: &HeaderMap, name: &'static str, expected: &str) -> Result<(), Refusal> {
    if value(headers, name)?.as_deref() == Some(expected) {
        return Ok(());
    }
    Err(Refusal::new(-32020, format!("Header mismatch: {name} does not say what the body says")))
}

/// The one value of a header, decoded.
fn value(headers: &HeaderMap, name: &'static str) -> Result<Option<String>, Refusal> {
    let bad = || Refusal::new(-32020, format!("Header mismatch: {name} is not one readable value"));
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let text = value.to_str().ok().filter(|_| values.next().is_none()).ok_or_else(bad)?;
    let Some(packed) = text.strip_prefix("=?base64?").and_then(|text| text.strip_suffix("?=")) else {
        return Ok(Some(text.to_owned()));
    };
    let unpacked = STANDARD.decode(packed).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    unpacked.map(Some).ok_or_else(bad)
}
