//! What a container reads and writes.

use std::time::Duration;

use seaworthy_engine::{Exit, PutFile, Run};
use serde_json::json;

use crate::on::On;
use crate::support::{Tar, ask, assert_scratch, image, image_of, send, workload};

pub(crate) fn a_volume_begins_with_what_the_image_has_and_outlives_the_container(on: &On) {
    let folder = Tar::new().folder("data", 1000, 0o750).file("data/first", 1000, 0o640, b"from the image").layer();
    let config = json!({"Entrypoint": ["/app/workload", "serve"], "User": "1000:1000", "Volumes": {"/data": {}}});
    let prepared = on.prepare(&image_of(&config, vec![workload(), folder]));
    let volumes = prepared.volumes().unwrap();
    let container = prepared.start(&Run::default(), Some(&*volumes)).unwrap();
    assert_eq!(ask(&*container, "owner?/data"), "1000:1000 750");
    assert_eq!(ask(&*container, "owner?/data/first"), "1000:1000 640");
    assert_eq!(ask(&*container, "read?/data/first"), "from the image");
    assert_eq!(ask(&*container, "write?/data/second"), "written");
    drop(container);
    let second = prepared.start(&Run::default(), Some(&*volumes)).unwrap();
    assert_eq!(ask(&*second, "read?/data/second"), "written");
    let fresh = prepared.start(&Run::default(), None).unwrap();
    assert_eq!(ask(&*fresh, "read?/data/second"), "entity not found");
}

pub(crate) fn what_is_written_elsewhere_is_gone_with_the_container(on: &On) {
    let prepared = on.prepare(&image(&["serve"], json!({})));
    let container = prepared.start(&Run::default(), None).unwrap();
    assert_eq!(ask(&*container, "write?/app/note"), "written");
    drop(container);
    let container = prepared.start(&Run::default(), None).unwrap();
    assert_eq!(ask(&*container, "read?/app/note"), "entity not found");
}

pub(crate) fn a_read_only_root_is_written_only_where_it_was_said(on: &On) {
    let data =
        Tar::new().folder("data", 1000, 0o700).folder("tmp", 0, 0o1777).file("tmp/old", 0, 0o644, b"old").layer();
    let config = json!({"Entrypoint": ["/app/workload", "serve"], "User": "1000", "Volumes": {"/data": {}}});
    let run = Run { read_only: true, writable: vec!["/scratch".to_owned()], ..Run::default() };
    let container = on.start(&image_of(&config, vec![workload(), data]), &run);
    let write = |path: &str| ask(&*container, &format!("write?{path}/new"));
    let closed = "read-only filesystem or storage medium";
    assert_eq!(["", "/app", "/tmp", "/data", "/scratch"].map(write), [closed, closed, closed, "written", "written"]);
    assert_eq!(ask(&*container, "read?/tmp/old"), "old");
}

pub(crate) fn what_the_engine_leaves_writable_under_a_read_only_root_is_named(on: &On) {
    const FOLDERS: [&str; 3] = ["/tmp", "/var/tmp", "/run"];
    let folders = Tar::new().folder("tmp", 0, 0o1777).folder("var/tmp", 0, 0o1777).folder("run", 0, 0o1777).layer();
    let image = image_of(&json!({"Entrypoint": ["/app/workload", "serve"]}), vec![workload(), folders]);
    let prepared = on.prepare(&image);
    for writable in [vec![], vec!["/tmp/work".to_owned()]] {
        let run = Run { read_only: true, writable, ..Run::default() };
        let container = prepared.start(&run, None).unwrap();
        let named = prepared.writable_anyway(&run);
        for folder in FOLDERS {
            let is_open = ask(&*container, &format!("write?{folder}/new")) == "written";
            assert_eq!(is_open, named.contains(&folder), "{folder} with {:?} said to be writable", run.writable);
        }
    }
}

pub(crate) fn what_stays_writable_is_an_empty_folder_for_everybody(on: &On) {
    assert_scratch(|image, run| on.start(image, run));
}

pub(crate) fn a_file_is_put_in_for_everybody_to_read_and_can_be_replaced(on: &On) {
    let image = image(&["serve"], json!({"User": "1000"}));
    for read_only in [false, true] {
        let files = vec![PutFile::new("/run/seaworthy/ca.pem", "certificate")];
        let container = on.start(&image, &Run { files, read_only, ..Run::default() });
        assert_eq!(ask(&*container, "read?/run/seaworthy/ca.pem"), "certificate");
        assert_ne!(ask(&*container, "write?/run/seaworthy/ca.pem"), "written");
        container.replace_file("/run/seaworthy/ca.pem", b"another").unwrap();
        assert_eq!(ask(&*container, "read?/run/seaworthy/ca.pem"), "another");
        assert!(container.replace_file("/etc/hosts", b"").is_err());
    }
}

pub(crate) fn a_container_that_writes_too_much_is_stopped_and_says_why(on: &On) {
    let config = json!({"Entrypoint": ["/app/workload", "serve"], "Volumes": {"/data": {}}});
    let image = image_of(&config, vec![workload(), Tar::new().folder("data", 0, 0o755).layer()]);
    for path in ["/app/big", "/data/big"] {
        let container = on.start(&image, &Run { disk_bytes: 30_000_000, ..Run::default() });
        assert_eq!(ask(&*container, &format!("fill?{path}:10")), "written", "{path}");
        send(&*container, &format!("fill?{path}:200"));
        let stopped = Some(Exit { code: 137, out_of_memory: false, out_of_disk: true });
        assert_eq!(container.wait(Duration::from_secs(20)).unwrap(), stopped, "{path}");
    }
}
