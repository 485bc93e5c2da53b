//! The tree that a container sees, from layers made on purpose.

use std::io::Write;
use std::sync::Arc;

use anyhow::Result;
use insta::assert_snapshot;
use seaworthy_image::{
    Blob, Digest, Draft, Entry, EntryError, EntryKind, FileTree, Format, Image, Layer, LayerBuilder, StoredLayer, tree,
};

fn image(layers: Vec<StoredLayer>) -> Result<Image> {
    let diff_ids: Vec<Digest> = layers.iter().map(|layer| layer.diff_id().clone()).collect();
    let layers = layers.into_iter().map(|layer| Arc::new(layer) as Arc<dyn Layer>).collect();
    Ok(Image::of(Draft::default().config(&diff_ids)?, layers, Format::Docker)?)
}

fn layer(fill: impl FnOnce(&mut LayerBuilder) -> Result<()>) -> Result<StoredLayer> {
    let mut layer = LayerBuilder::new(0);
    fill(&mut layer)?;
    Ok(layer.build()?)
}

/// A layer from a whole tar archive, however wrong.
fn raw(tar: Vec<u8>) -> StoredLayer {
    let digest = Digest::of(&tar);
    StoredLayer::new(Blob::Memory(tar.into()), digest.clone(), digest)
}

fn list(tree: &FileTree) -> String {
    let line = |(path, node): (&std::path::Path, &seaworthy_image::Node)| {
        let kind = format!("{:?}", node.kind);
        format!("{:o} {} /{} {kind} {} layer {}", node.mode, node.uid, path.display(), node.size_bytes, node.layer)
    };
    tree.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn later_layers_hide_replace_and_delete() -> Result<()> {
    let image = image(vec![
        layer(|layer| {
            layer.directory("etc", 0o755, (0, 0))?;
            layer.file("etc/gone", 0o600, (0, 0), *b"secret")?;
            layer.file("etc/kept", 0o644, (0, 0), *b"kept")?;
            layer.file("opaque/old", 0o644, (0, 0), *b"old")?;
            layer.file("folder/in/it", 0o644, (0, 0), *b"it")?;
            layer.symlink("link", "etc")?;
            Ok(())
        })?,
        layer(|layer| {
            layer.whiteout("etc/gone")?;
            layer.whiteout("folder")?;
            layer.file("opaque/.wh..wh..opq", 0o644, (0, 0), Vec::new())?;
            layer.file("opaque/new", 0o4755, (0, 0), *b"new!")?;
            layer.file("folder/again", 0o644, (1000, 1000), *b"again")?;
            layer.file("link/real", 0o644, (0, 0), Vec::new())?;
            Ok(())
        })?,
    ])?;
    let tree = FileTree::of(&image)?;
    assert_snapshot!(list(&tree), @r"
    755 0 / Directory 0 layer 0
    755 0 /etc Directory 0 layer 0
    644 0 /etc/kept File 4 layer 0
    755 0 /folder Directory 0 layer 1
    644 1000 /folder/again File 5 layer 1
    755 0 /link Directory 0 layer 1
    644 0 /link/real File 0 layer 1
    755 0 /opaque Directory 0 layer 0
    4755 0 /opaque/new File 4 layer 1
    ");
    // 6 + 4 + 3 + 2 + 3 (the link's target), then 4 + 5.
    assert_eq!(tree.unpacked_bytes(), 27);
    assert_eq!(tree.read("/etc/kept", 100)?.as_deref(), Some(&b"kept"[..]));
    assert_eq!(tree.read("/etc/gone", 100)?, None);
    assert_eq!(
        tree.read("/etc/kept", 3).unwrap_err().to_string(),
        "`etc/kept` has 4 bytes, more than the 3 that are read"
    );

    let mut seen = Vec::new();
    for layer in &image.layers {
        tree::for_each_entry(&**layer, |entry, _| {
            seen.push(entry.path.display().to_string());
            Ok::<_, EntryError>(())
        })?;
    }
    assert!(seen.contains(&"etc/gone".to_owned()), "what a later layer deletes is still seen in its own");
    Ok(())
}

#[test]
fn links_are_followed_inside_the_root_only() -> Result<()> {
    let image = image(vec![layer(|layer| {
        layer.file("usr/bin/tool", 0o755, (0, 0), *b"tool")?;
        layer.symlink("bin", "usr/bin")?;
        layer.symlink("absolute", "/bin/tool")?;
        layer.symlink("out", "../../../../usr/bin/tool")?;
        layer.symlink("loop", "loop")?;
        layer.symlink("a", "b/x")?;
        layer.symlink("b", "a/x")?;
        layer.symlink("dangling", "nowhere")?;
        Ok(())
    })?])?;
    let tree = FileTree::of(&image)?;
    for path in ["bin/tool", "/absolute", "out", "bin/../bin/./tool", "../usr/bin/tool"] {
        assert_eq!(tree.resolve(path).as_deref(), Some("usr/bin/tool".as_ref()), "{path}");
    }
    for path in ["loop", "a", "dangling", "bin/tool/x", "absolute/.."] {
        assert!(path == "absolute/.." || tree.get(path).is_none(), "{path}");
    }
    assert!(tree.get_link("loop").is_some());
    assert_eq!(tree.children("bin").len(), 1);
    Ok(())
}

#[test]
fn hard_links_share_content_and_count_once() -> Result<()> {
    let image = image(vec![layer(|layer| {
        layer.file("a", 0o755, (0, 0), *b"busy box")?;
        let link = Entry {
            path: "b".into(),
            kind: EntryKind::Hardlink("a".into()),
            mode: 0o755,
            uid: 0,
            gid: 0,
            mtime: 0,
            size_bytes: 0,
            xattrs: Vec::new(),
        };
        layer.entry(link, Vec::new())?;
        Ok(())
    })?])?;
    let tree = FileTree::of(&image)?;
    assert_eq!(tree.unpacked_bytes(), 8);
    assert_eq!(tree.read("b", 100)?.as_deref(), Some(&b"busy box"[..]));
    assert!(tree.get("a").is_some_and(|node| node.hard_link));
    Ok(())
}

#[test]
fn extended_attributes_and_set_bits_are_kept() -> Result<()> {
    let image = image(vec![layer(|layer| {
        let ping = Entry {
            path: "bin/ping".into(),
            kind: EntryKind::File,
            mode: 0o6755,
            uid: 0,
            gid: 5,
            mtime: 7,
            size_bytes: 0,
            xattrs: vec![("security.capability".into(), vec![1, 0, 0, 2])],
        };
        layer.entry(ping, b"ping".to_vec())?;
        Ok(())
    })?])?;
    let tree = FileTree::of(&image)?;
    let ping = tree.get("/bin/ping").unwrap();
    assert_eq!((ping.mode, ping.gid, &ping.xattrs[0].1[..]), (0o6755, 5, &[1, 0, 0, 2][..]));
    Ok(())
}

#[track_caller]
fn check(tar: Vec<u8>, expected: &str) {
    let image = image(vec![raw(tar)]).expect("an image of any bytes");
    let got = match FileTree::of(&image) {
        Ok(tree) => list(&tree),
        Err(error) => {
            let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
            format!("{error}: {cause}")
        }
    };
    assert!(got.contains(expected), "{got}");
}

fn entry(kind: tar::EntryType, path: &[u8], link: &str, content: &[u8]) -> Vec<u8> {
    let mut header = tar::Header::new_ustar();
    header.as_mut_bytes()[..path.len()].copy_from_slice(path);
    header.set_entry_type(kind);
    header.set_link_name_literal(link).expect("a short target");
    header.set_mode(0o644);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_size(content.len() as u64);
    header.set_cksum();
    let mut bytes = header.as_bytes().to_vec();
    bytes.extend_from_slice(content);
    bytes.resize(bytes.len().next_multiple_of(512), 0);
    bytes
}

#[test]
fn archives_made_to_harm_are_refused_by_name() {
    use tar::EntryType as Type;
    check(entry(Type::Regular, b"../out", "", b""), "the entry `../out` leads out of the root");
    check(entry(Type::Regular, b"a/../../out", "", b""), "leads out of the root");
    check(entry(Type::Link, b"a", "../../etc/shadow", b""), "leads out of the root");
    check(entry(Type::Link, b"a", "nothing", b""), "layer 1 links `a` to `nothing`, which is not there");
    check(entry(Type::GNUSparse, b"a", "", b""), "the entry `a` is a sparse file");
    check(entry(Type::new(b'Z'), b"a", "", b""), "is a tar entry of an unknown type");
    check(entry(Type::XHeader, b"p", "", b"nonsense"), "a pax record has not the form");
    check(entry(Type::XHeader, b"p", "", b"999 path=x\n"), "a pax record has not the form");
    check(entry(Type::GNULongName, b"p", "", &vec![b'a'; 10_000]), "an entry's name takes more than");
    check(entry(Type::XHeader, b"p", "", &vec![b'a'; 2 << 20]), "an entry's pax records takes more than");
    check(
        entry(Type::Regular, b"cut", "", b"0123456789")[..515].to_vec(),
        "the archive ends in the middle of an entry",
    );
    check(entry(Type::Regular, b"cut", "", b"")[..300].to_vec(), "the archive ends in the middle of an entry");
    let mut damaged = entry(Type::Regular, b"a", "", b"");
    damaged[0] = b'b';
    check(damaged, "a header's checksum is wrong");
    let mut below = entry(Type::Regular, b"file", "", b"");
    below.extend(entry(Type::Regular, b"file/below", "", b""));
    check(below, "layer 1 puts `file/below` where a file is in the way");
    let deep = format!("{}\0", "a/".repeat(2_000));
    let mut deep = entry(Type::GNULongName, b"p", "", deep.as_bytes());
    deep.extend(entry(Type::Regular, b"x", "", b""));
    check(deep, "lies deeper than 256 folders");
    // A link that leads out of the root, and an entry below it: it stays inside.
    let mut out = entry(Type::Symlink, b"up", "../../..", b"");
    out.extend(entry(Type::Regular, b"up/inside", "", b""));
    check(out, "/inside File");
}

#[test]
fn a_layer_that_is_not_what_the_config_says_is_refused() -> Result<()> {
    let good = layer(|layer| Ok(layer.file("a", 0o644, (0, 0), *b"a")?))?;
    let mut bytes = Vec::new();
    std::io::copy(&mut good.compressed()?, &mut bytes)?;
    let wrong = StoredLayer::new(Blob::Memory(bytes.clone().into()), good.digest().clone(), Digest::of(b"other"));
    let error = FileTree::of(&image(vec![wrong])?).err().map(|error| format!("{:#}", anyhow::Error::from(error)));
    assert!(error.is_some_and(|error| error.contains("hash to")));
    bytes.extend_from_slice(b"tail");
    let longer = StoredLayer::new(Blob::Memory(bytes.into()), good.digest().clone(), good.diff_id().clone());
    assert!(FileTree::of(&image(vec![longer])?).is_err());
    Ok(())
}

#[test]
fn a_layer_that_grows_out_of_proportion_is_stopped() -> Result<()> {
    let header = {
        let mut header = tar::Header::new_ustar();
        header.set_path("bomb")?;
        header.set_mode(0o644);
        header.set_size(4 << 30);
        header.set_cksum();
        header
    };
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(header.as_bytes())?;
    let zeros = vec![0; 1 << 20];
    for _ in 0..1_100 {
        gzip.write_all(&zeros)?;
    }
    let bytes = gzip.finish()?;
    let layer = StoredLayer::new(Blob::Memory(bytes.clone().into()), Digest::of(&bytes), Digest::of(b""));
    let error = FileTree::of(&image(vec![layer])?).err().unwrap();
    let error = format!("{:#}", anyhow::Error::from(error));
    assert!(error.contains("unpacks to more than"), "{error}");
    Ok(())
}
