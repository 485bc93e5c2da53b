//! How a container starts.

use insta::assert_snapshot;
use seaworthy_engine::Run;
use serde_json::json;

use crate::on::On;
use crate::support::{self, Tar, ask, image, image_of, workload};

pub(crate) fn an_entrypoint_takes_the_arguments_behind_it(on: &On) {
    let config = json!({"Entrypoint": ["/app/workload"], "Cmd": ["serve", "[::]:8000"]});
    let container = on.start(&image_of(&config, vec![workload()]), &Run::default());
    assert_eq!(ask(&*container, "args"), "/app/workload serve [::]:8000");
}

pub(crate) fn arguments_alone_are_a_command(on: &On) {
    let config = json!({"Cmd": ["/app/workload", "serve"]});
    let container = on.start(&image_of(&config, vec![workload()]), &Run::default());
    assert_eq!(ask(&*container, "args"), "/app/workload serve");
}

pub(crate) fn a_program_is_found_in_the_images_path(on: &On) {
    let config = json!({"Entrypoint": ["workload", "serve"], "Env": ["PATH=/none:/app"]});
    let container = on.start(&image_of(&config, vec![workload()]), &Run::default());
    assert_eq!(ask(&*container, "env?PATH"), "/none:/app");
}

pub(crate) fn other_arguments_take_the_place_of_the_images(on: &On) {
    let config = json!({"Entrypoint": ["/app/workload"], "Cmd": ["exit", "9"]});
    let arguments = Some(vec!["serve".to_owned()]);
    let container = on.start(&image_of(&config, vec![workload()]), &Run { arguments, ..Run::default() });
    assert_eq!(ask(&*container, "args"), "/app/workload serve");
}

pub(crate) fn a_variable_is_set_and_one_of_the_images_replaced(on: &On) {
    let image = image(&["serve"], json!({"Env": ["KEPT=1", "CHANGED=1"]}));
    let env = [("CHANGED", "2"), ("ADDED", "a=b c"), ("EMPTY", "")].map(|(n, v)| (n.to_owned(), v.to_owned())).to_vec();
    let without_env = vec!["NOT_OF_THE_IMAGE".to_owned()];
    let container = on.start(&image, &Run { env, without_env, ..Run::default() });
    let value = |name: &str| ask(&*container, &format!("env?{name}"));
    let told = ["KEPT", "CHANGED", "ADDED", "EMPTY", "NOT_OF_THE_IMAGE"].map(value);
    assert_eq!(told, ["1", "2", "a=b c", "", "(unset)"]);
}

pub(crate) fn a_large_environment_arrives_whole(on: &On) {
    let large = |number: usize| (format!("LARGE_{number}"), number.to_string().repeat(100_000));
    let env: Vec<_> = (0..5).map(large).collect();
    let container = on.serve(&Run { env: env.clone(), ..Run::default() });
    for (name, value) in env {
        assert!(ask(&*container, &format!("env?{name}")) == value, "{name}");
    }
}

pub(crate) fn a_user_by_name_has_the_groups_of_the_image(on: &On) {
    let names = Tar::new()
        .file("etc/passwd", 0, 0o644, b"root:x:0:0::/root:\nappuser:x:1000:1001::/home/appuser:\n")
        .file("etc/group", 0, 0o644, b"appgroup:x:1001:\nextra:x:2000:appuser\n")
        .layer();
    let config = json!({"Entrypoint": ["/app/workload", "serve"], "User": "appuser"});
    let container = on.start(&image_of(&config, vec![workload(), names]), &Run::default());
    assert_eq!(
        ids(&ask(&*container, "status")),
        "Uid: 1000 1000 1000 1000\nGid: 1001 1001 1001 1001\nGroups: 1001 2000"
    );
    assert_eq!(ask(&*container, "env?HOME"), "/home/appuser");
}

pub(crate) fn a_user_by_number_needs_no_names(on: &On) {
    let container = on.start(&image(&["serve"], json!({"User": "1000:1001"})), &Run::default());
    let status = ask(&*container, "status");
    assert!(ids(&status).starts_with("Uid: 1000 1000 1000 1000\nGid: 1001 1001 1001 1001\n"), "{status}");
    assert_eq!(field(&status, "CapEff"), "0000000000000000");
}

pub(crate) fn a_working_folder_that_is_missing_is_made(on: &On) {
    let container = on.start(&image(&["serve"], json!({"WorkingDir": "/srv/made/for/it"})), &Run::default());
    assert_eq!(ask(&*container, "cwd"), "/srv/made/for/it");
    assert_eq!(ask(&*container, "owner?/srv/made"), "0:0 755");
}

pub(crate) fn root_has_the_engines_capabilities_or_none(on: &On) {
    let capabilities = |run: &Run| {
        let status = ask(&*on.serve(run), "status");
        assert_eq!(field(&status, "NoNewPrivs"), "1");
        assert_eq!(field(&status, "Seccomp"), "2");
        ["CapPrm", "CapEff", "CapBnd"].map(|name| field(&status, name))
    };
    let root = capabilities(&Run::default());
    assert!(on.capabilities.iter().any(|expected| root == [*expected; 3]), "{root:?}");
    assert_eq!(capabilities(&Run { no_capabilities: true, ..Run::default() }), ["0000000000000000"; 3]);
}

pub(crate) fn what_cannot_start_is_told_in_the_same_words(on: &On) {
    support::assert_refusals(&*on.engine);
    let ghost = image(&["serve"], json!({"User": "ghost"}));
    let Err(error) = on.prepare(&ghost).start(&Run::default(), None) else { panic!("it starts") };
    assert_snapshot!(error, @"the container does not start: user `ghost` is not in the image's /etc/passwd");
}

fn field(status: &str, name: &str) -> String {
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).unwrap_or_default();
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn ids(status: &str) -> String {
    ["Uid", "Gid", "Groups"].map(|name| format!("{name}: {}", field(status, name))).join("\n")
}
