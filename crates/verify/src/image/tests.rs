//! What the tests of this folder share.

use std::sync::Arc;

use seaworthy_image::{Config, Entry, EntryKind, Format, Image, Layer, LayerBuilder};
use serde_json::{Value, json};

use super::Facts;
use super::elf::Machine;

/// Base 64 with padding.
pub(super) fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let bits = group.iter().fold(0_u32, |bits, &byte| bits << 8 | u32::from(byte)) << (8 * (3 - group.len()));
        for digit in 0..=group.len() {
            text.push(char::from(DIGITS[(bits >> (18 - 6 * digit) & 63) as usize]));
        }
        text.push_str(&"=".repeat(3 - group.len()));
    }
    text
}

/// The beginning of a program for a platform's architecture, as the kernel reads it.
pub(super) fn elf(architecture: &str, loader: Option<&str>) -> Vec<u8> {
    let machine = Machine::of(architecture).unwrap();
    let wide = machine.bits == 64;
    let mut bytes = vec![0; 0x100];
    let mut put = |at: usize, width: usize, value: u64| {
        let value = if machine.little_endian { value.to_le_bytes() } else { value.to_be_bytes() };
        let from = if machine.little_endian { 0 } else { 8 - width };
        bytes[at..at + width].copy_from_slice(&value[from..from + width]);
    };
    put(16, 2, 2);
    put(18, 2, machine.number.into());
    let (word, table) = if wide { (8, 64) } else { (4, 52) };
    put(if wide { 32 } else { 28 }, word, table as u64);
    put(if wide { 54 } else { 42 }, 2, if wide { 56 } else { 32 });
    put(if wide { 56 } else { 44 }, 2, 1);
    put(table, 4, if loader.is_some() { 3 } else { 1 });
    if let Some(loader) = loader {
        put(table + if wide { 8 } else { 4 }, word, 0x100);
        put(table + if wide { 32 } else { 16 }, word, loader.len() as u64 + 1);
    }
    let header = [0x7f, b'E', b'L', b'F', if wide { 2 } else { 1 }, if machine.little_endian { 1 } else { 2 }, 1];
    bytes[..7].copy_from_slice(&header);
    bytes.extend(loader.unwrap_or_default().as_bytes());
    bytes.push(0);
    bytes
}

/// An image made on purpose, layer by layer.
pub(super) struct Sample {
    layers: Vec<LayerBuilder>,
    config: Value,
    format: Format,
}

impl Sample {
    /// One layer, nothing in it, for linux/amd64.
    pub(super) fn new() -> Self {
        let config =
            json!({"architecture": "amd64", "os": "linux", "config": {}, "rootfs": {"type": "layers"}, "history": []});
        Self { layers: vec![LayerBuilder::new(0)], config, format: Format::Docker }
    }

    /// Another layer on top; what follows goes there.
    pub(super) fn layer(mut self) -> Self {
        self.layers.push(LayerBuilder::new(0));
        self
    }

    pub(super) fn file(mut self, path: &str, mode: u32, content: &[u8]) -> Self {
        self.top().file(path, mode, (0, 0), content).unwrap();
        self
    }

    pub(super) fn folder(mut self, path: &str, mode: u32) -> Self {
        self.top().directory(path, mode, (0, 0)).unwrap();
        self
    }

    pub(super) fn owned_file(mut self, path: &str, uid: u64) -> Self {
        self.top().file(path, 0o644, (uid, uid), *b"x").unwrap();
        self
    }

    pub(super) fn symlink(mut self, path: &str, target: &str) -> Self {
        self.top().symlink(path, target).unwrap();
        self
    }

    pub(super) fn hardlink(self, path: &str, target: &str) -> Self {
        self.entry(path, EntryKind::Hardlink(target.into()), Vec::new())
    }

    /// A program with one capability, permitted and effective, by its number.
    pub(super) fn with_capabilities(self, path: &str, number: u8) -> Self {
        let mut value = vec![1, 0, 0, 2];
        value.extend((1_u32 << number).to_le_bytes());
        value.extend([0; 12]);
        self.entry(path, EntryKind::File, vec![("security.capability".to_owned(), value)])
    }

    /// A member of the config's `config`.
    pub(super) fn config(mut self, name: &str, value: Value) -> Self {
        self.config["config"][name] = value;
        self
    }

    pub(super) fn history(mut self, created_by: &str) -> Self {
        self.config["history"].as_array_mut().unwrap().push(json!({"created_by": created_by}));
        self
    }

    pub(super) fn platform(mut self, architecture: &str) -> Self {
        self.config["architecture"] = architecture.into();
        self.config("Entrypoint", json!(["/app"])).file("app", 0o755, b"x")
    }

    pub(super) fn oci(mut self) -> Self {
        self.format = Format::Oci;
        self
    }

    pub(super) fn image(mut self) -> Image {
        let layers: Vec<Arc<dyn Layer>> =
            self.layers.into_iter().map(|layer| Arc::new(layer.build().unwrap()) as Arc<dyn Layer>).collect();
        self.config["rootfs"]["diff_ids"] = layers.iter().map(|layer| layer.diff_id().to_string()).collect();
        let config = Config::from_bytes(serde_json::to_vec(&self.config).unwrap()).unwrap();
        Image::of(config, layers, self.format).unwrap()
    }

    pub(super) fn facts(self) -> Facts {
        Facts::of(&self.image()).unwrap()
    }

    fn top(&mut self) -> &mut LayerBuilder {
        self.layers.last_mut().unwrap()
    }

    fn entry(mut self, path: &str, kind: EntryKind, xattrs: Vec<(String, Vec<u8>)>) -> Self {
        let entry = Entry { path: path.into(), kind, mode: 0o755, uid: 0, gid: 0, mtime: 0, size_bytes: 0, xattrs };
        self.top().entry(entry, Vec::new()).unwrap();
        self
    }
}
