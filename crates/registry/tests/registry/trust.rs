//! Whom the client talks to: TLS with authorities that it knows, and plain HTTP with this machine alone.

use std::io::{Read as _, Write as _};

use anyhow::Result;
use insta::assert_snapshot;
use seaworthy_registry::{Client, Settings};
use seaworthy_testkit::registry::{Double, Identity, Setup, image};

use crate::support::{of_client, repository, same, settings, told};

fn encrypted(name: &str) -> Result<(Double, Identity)> {
    let identity = Identity::of_host(name)?;
    Ok((Double::set_up(Setup { tls: Some(identity.clone()), ..Setup::default() })?, identity))
}

fn round_trip(client: &Client, host: &str) -> Result<()> {
    let image = image(80, &[5_000, 400_000])?;
    let there = of_client(client, host, "acme/app")?;
    there.push(&image, &())?;
    let folder = tempfile::tempdir()?;
    same(&there.pull(image.digest().as_str(), None, folder.path(), &())?.image, &image)
}

#[test]
fn an_unknown_authority_is_refused_with_a_way_to_trust_it() -> Result<()> {
    let (double, _) = encrypted("127.0.0.1")?;
    assert_snapshot!(told(&double.host(), repository(&double.host(), "acme/app")?.resolve("1")), @r#"
    no TLS with `HOST`: its certificate was issued by an authority that is not trusted here
    hint: put the authority's certificate into `/etc/docker/certs.d/HOST/ca.crt` or `~/.config/containers/certs.d/HOST/ca.crt`, or name its file in `SSL_CERT_FILE`
    "#);
    assert_eq!(double.seen(), Vec::new(), "nothing was asked");
    Ok(())
}

#[test]
fn an_authority_in_certs_d_is_trusted_for_its_host_alone() -> Result<()> {
    let (double, identity) = encrypted("127.0.0.1")?;
    let folder = tempfile::tempdir()?;
    let of_host = folder.path().join(double.host());
    std::fs::create_dir(&of_host)?;
    std::fs::write(of_host.join("ca.crt"), &identity.authority)?;
    let client = Client::new(Settings { certificates: vec![folder.path().to_owned()], ..settings() });
    round_trip(&client, &double.host())?;

    let (other, theirs) = encrypted("127.0.0.1")?;
    std::fs::write(of_host.join("theirs.txt"), &theirs.authority)?;
    assert!(of_client(&client, &other.host(), "acme/app")?.resolve("1").is_err());
    Ok(())
}

#[test]
fn an_authority_in_ssl_cert_file_is_trusted() -> Result<()> {
    let (double, identity) = encrypted("127.0.0.1")?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("ca.pem");
    std::fs::write(&file, &identity.authority)?;
    let client = Client::new(Settings { authorities: vec![file], ..settings() });
    round_trip(&client, &double.host())
}

#[test]
fn a_certificate_for_another_name_is_refused() -> Result<()> {
    let (double, identity) = encrypted("registry.example")?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("ca.pem");
    std::fs::write(&file, &identity.authority)?;
    let client = Client::new(Settings { authorities: vec![file], ..settings() });
    assert_snapshot!(told(&double.host(), of_client(&client, &double.host(), "acme/app")?.resolve("1")), @r#"
    no TLS with `HOST`: its certificate is for `registry.example`
    hint: use the name that the certificate is for
    "#);
    Ok(())
}

#[test]
fn an_authority_file_without_certificates_is_named() -> Result<()> {
    let (double, _) = encrypted("127.0.0.1")?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("ca.pem");
    std::fs::write(&file, "none here\n")?;
    let client = Client::new(Settings { authorities: vec![file], ..settings() });
    let result =
        client.repository(&format!("{}/acme/app", double.host()).parse()?).and_then(|there| there.resolve("1"));
    let text = told(&double.host(), result);
    assert_snapshot!(text.replace(folder.path().to_str().unwrap_or_default(), "FOLDER"), @r#"
    `FOLDER/ca.pem` holds no certificate that can be read: it is empty of them
    hint: the file should hold certificates in PEM form
    "#);
    Ok(())
}

#[test]
fn plain_http_is_spoken_with_this_machine_alone() -> Result<()> {
    // Linux leads this address to loopback, which its form does not say: to the client it is any other host.
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0))?;
    let host = format!("0.0.0.0:{}", listener.local_addr()?.port());
    let first = std::thread::spawn(move || -> std::io::Result<u8> {
        let (mut stream, _) = listener.accept()?;
        let mut first = [0; 1];
        stream.read_exact(&mut first)?;
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")?;
        Ok(first[0])
    });
    let text = told(&host, repository(&host, "acme/app")?.resolve("1"));
    assert_eq!(first.join().unwrap()?, 0x16, "the start of TLS, and nothing before it");
    assert_snapshot!(text, @r#"
    no TLS with `HOST`: what answers there speaks no TLS
    hint: plain HTTP is spoken with this machine only: give the registry a certificate
    "#);
    Ok(())
}
