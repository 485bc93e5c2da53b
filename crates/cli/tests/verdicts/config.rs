//! What the image's config tells an engine: ports, volumes, the stop signal, the command.

use seaworthy_testkit::Recipe;

use crate::row::row;

#[test]
fn a_second_exposed_port_breaks_only_one() -> anyhow::Result<()> {
    let two = Recipe::config(|draft| draft.exposed_ports.push("9090/udp".into()));
    row!(two).promise("Only port 8000 is exposed").promise("Port 8000 is exposed").looks(
        "
    fail image.port: exposes 8000/tcp, 9090/udp: 9090/udp besides 8000/tcp
    pass image.port: exposes 8000/tcp, 9090/udp
    ",
    )?;
    row!(Recipe::default())
        .promise("Only port 8000 is exposed")
        .looks("pass image.port: exposes 8000/tcp and no other port")
}

#[test]
fn a_volume_that_is_not_declared_is_named() -> anyhow::Result<()> {
    row!(Recipe::config(|draft| draft.volumes = vec!["/var/data".into()]))
        .promise("Image declares the volume /data")
        .looks("fail image.volume: the config declares /var/data, not `/data`")?;
    row!(Recipe::default()).promise("`/data` is a volume").looks("pass image.volume: the config declares /data")
}

#[test]
fn another_stop_signal_than_the_promised_one_is_named() -> anyhow::Result<()> {
    row!(Recipe::default())
        .promise("Stop signal is SIGQUIT")
        .looks("fail image.stop_signal: the config names SIGTERM, not SIGQUIT")?;
    row!(Recipe::config(|draft| draft.stop_signal = Some("3".into())))
        .promise("Stop signal is SIGQUIT")
        .looks("pass image.stop_signal: the config names 3")
}

#[test]
fn an_entrypoint_in_shell_form_is_no_exec_form() -> anyhow::Result<()> {
    let by_shell = ["/bin/sh", "-c", "/app/notes"].map(String::from).to_vec();
    row!(Recipe::config(|draft| draft.entrypoint = by_shell))
        .promise("Entrypoint is in exec form")
        .looks("fail image.exec_form: the entrypoint is a line for a shell: \"/bin/sh\", \"-c\", \"/app/notes\"")?;
    row!(Recipe::default())
        .promise("Entrypoint is in exec form")
        .looks("pass image.exec_form: the entrypoint starts `/app/notes`")
}
