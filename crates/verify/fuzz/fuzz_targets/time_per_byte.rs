//! Looks for contents whose search takes longer for each byte than others do: a rule that looks far for each of many beginnings.
//!
//! `cargo +nightly fuzz run time_per_byte -- -max_len=256 -max_total_time=60` from `crates/verify`. The input is repeated to a megabyte, so a
//! fault of growth shows at once; its first byte chooses the file's name, and with it the form that is read.

#![no_main]

use std::sync::Arc;
use std::time::{Duration, Instant};

use libfuzzer_sys::fuzz_target;
use seaworthy_image::{Config, Format, Image, LayerBuilder};
use seaworthy_verify::image::{Facts, Given, secrets};

const LENGTH: usize = 1 << 20;
/// 20 times what random bytes take with the fuzzer's instrumentation; a quadratic rule takes thousands.
const MOST: Duration = Duration::from_secs(4);
const NAMES: [&str; 8] =
    ["app/data", "app/.env", "app/config.yml", "app/settings.py", "app/web.config", "app/entrypoint.sh", "root/.netrc", "app/.git/config"];

fuzz_target!(|input: &[u8]| {
    let Some((&first, pattern)) = input.split_first() else { return };
    if pattern.is_empty() {
        return;
    }
    let content = pattern.repeat(LENGTH / pattern.len() + 1);
    let mut layer = LayerBuilder::new(0);
    layer.file(NAMES[usize::from(first) % NAMES.len()], 0o644, (0, 0), content).expect("a file is added");
    let layer = layer.build().expect("a layer is built");
    let config = format!(
        r#"{{"architecture":"amd64","os":"linux","config":{{}},"rootfs":{{"type":"layers","diff_ids":["{}"]}}}}"#,
        seaworthy_image::Layer::diff_id(&layer)
    );
    let config = Config::from_bytes(config.into_bytes()).expect("a config is read");
    let image = Image::of(config, vec![Arc::new(layer)], Format::Docker).expect("an image is made");
    let given = Given::of(&[("API_TOKEN".to_owned(), "correct-horse-battery".to_owned())]);

    let started = Instant::now();
    let facts = Facts::looking_for(&given, &image).expect("the image is read");
    let _ = secrets(&facts, &[]);
    let took = started.elapsed();
    assert!(took < MOST, "{took:?} for {LENGTH} bytes of {pattern:?}");
});
