//! What `verify` gives every container: files, secrets, arguments, a user, a working directory, a name.

use seaworthy_testkit::Recipe;

use crate::row::{Row, row};

const MOUNTED: &str =
    "It reads its files\n```check\nGET /mounted -> 200 body contains \"Ahoy\" body contains \"flux-capacitor\"\n```";

fn mounted(row: Row) -> Row {
    row.with_data()
        .file("motd.txt", "Ahoy")
        .file("key.txt", "flux-capacitor\n")
        .argument("--mount=motd.txt:/etc/notes/motd")
        .argument("--secret=key=key.txt")
}

#[test]
fn a_service_reads_mounted_files_and_secrets() -> anyhow::Result<()> {
    mounted(row!(Recipe::default())).promise(MOUNTED).promise("No secrets in logs").runs("2 pass")
}

#[test]
fn a_mounted_secret_that_is_logged_is_found() -> anyhow::Result<()> {
    mounted(row!(Recipe::fault("--tells-all")))
        .promise("It reads its files\n```check\nGET /mounted -> 200 body contains \"Ahoy\"\n```")
        .promise("No secrets in logs")
        .hides("flux-capacitor")
        .runs("fail logs.secrets: …\n1 pass")
}

#[test]
fn a_mounted_secret_that_is_in_the_image_is_found() -> anyhow::Result<()> {
    let image = Recipe::config(|draft| draft.env.push(("GREETING".into(), "flux-capacitor".into())));
    row!(image)
        .file("key.txt", "flux-capacitor\n")
        .argument("--secret=key=key.txt")
        .promise("No secrets in image")
        .hides("flux-capacitor")
        .looks("fail image.secrets: …`GREETING`…")
}

#[test]
fn a_secret_file_that_is_no_text_is_found_in_the_image() -> anyhow::Result<()> {
    fn keystore() -> Vec<u8> {
        (0..200_u8).map(|number| number.wrapping_mul(37)).collect()
    }
    let image = Recipe::default().layer(|layer| Ok(layer.file("app/store.p12", 0o600, (0, 0), keystore())?));
    row!(image)
        .file("app.p12", keystore())
        .argument("--secret=keystore=app.p12")
        .promise("No secrets in image")
        .looks("fail image.secrets: …`keystore`…")
}

#[test]
fn a_mounted_file_that_hides_one_of_the_image_is_told() -> anyhow::Result<()> {
    row!(Recipe::default())
        .with_data()
        .file("passwd", "root:x:0:0::/:\n")
        .argument("--mount=passwd:/etc/passwd")
        .promise("Health check endpoint responds at /health")
        .runs("pass health.endpoint: …\nwarning: a mounted file hid the image's `/etc/passwd`")
}

#[test]
fn another_user_shows_nothing_of_the_images_own() -> anyhow::Result<()> {
    row!(Recipe::default())
        .with_data()
        .argument("--user=4711")
        .promise("Container runs as non-root user")
        .runs("unproven user.non_root: …containers ran as `4711` because of `--user`…")
}

#[test]
fn an_image_for_root_stays_one_with_another_user() -> anyhow::Result<()> {
    row!(Recipe::config(|draft| draft.user = "0".into()))
        .with_data()
        .argument("--user=4711")
        .promise("Container runs as non-root user")
        .runs("fail user.non_root: …")
}

#[test]
fn requests_are_addressed_to_the_name_that_is_given() -> anyhow::Result<()> {
    let addressed = |row: Row| {
        row.with_data()
            .promise("It knows its name\n```check\nGET /host -> 200 body contains \"notes.example.com\"\n```")
    };
    addressed(row!(Recipe::default()).argument("--dns-name=notes.example.com")).runs("1 pass")?;
    addressed(row!(Recipe::default())).runs("fail scenario: …")
}
