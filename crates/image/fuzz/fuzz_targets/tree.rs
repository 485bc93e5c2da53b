//! Any bytes as a layer, plain or compressed: an error or a tree, never a panic.
//!
//! `cargo +nightly fuzz run tree`
#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use seaworthy_image::{Blob, Digest, Draft, FileTree, Format, Image, Layer, StoredLayer};

fuzz_target!(|bytes: &[u8]| {
    let digest = Digest::of(bytes);
    let layer = StoredLayer::new(Blob::Memory(bytes.into()), digest.clone(), digest.clone());
    let layers: Vec<Arc<dyn Layer>> = vec![Arc::new(layer)];
    let Ok(config) = Draft::default().config(&[digest]) else { return };
    let Ok(image) = Image::of(config, layers, Format::Docker) else { return };
    if let Ok(tree) = FileTree::of(&image) {
        for (path, node) in tree.iter() {
            assert!(tree.get_link(path).is_some());
            if node.is_file() {
                let _ = tree.read(path, 1 << 16);
            }
        }
    }
});
