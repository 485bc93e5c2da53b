//! Images of the sample service, right and broken, on the embedded engine: a few rows of the matrix that are quick.

use std::net::{IpAddr, Ipv4Addr, UdpSocket};
use std::path::Path;
use std::time::{Duration, Instant};

use seaworthy_database::Throwaway;
use seaworthy_doctor::{Diagnosis, Settings, Subject, examine};
use seaworthy_engine::Embedded;
use seaworthy_testkit::{Recipe, for_arm};

const DATABASE: (&str, &str) = ("DATABASE_URL", "file:///data");

fn diagnosed(recipe: &Recipe, settings: Settings) -> anyhow::Result<Diagnosis> {
    let folder = tempfile::tempdir()?;
    let image = recipe.write(&folder.path().join("image"))?;
    let subject = Subject { name: "notes".to_owned(), image: &image, container: None, settings };
    let engine = Embedded::new(Path::new(env!("CARGO_BIN_EXE_seaworthy-doctor-helper")).to_owned());
    Ok(examine(&subject, &engine, Instant::now(), &mut |_| {})?)
}

fn given(env: &[(&str, &str)]) -> Settings {
    let env = env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Settings { env, ..Settings::default() }
}

/// The first cause's id and sentence.
#[track_caller]
fn check(recipe: &Recipe, settings: Settings, expected: &str) -> anyhow::Result<()> {
    let diagnosis = diagnosed(recipe, settings)?;
    let told = diagnosis.causes.first().map(|cause| format!("{}: {}", cause.id, cause.cause));
    let told = told.or(diagnosis.wrong).unwrap_or_else(|| "no fault found".to_owned());
    assert_eq!(told, expected, "{:#?}", diagnosis.tried);
    Ok(())
}

#[test]
fn a_service_that_is_well_has_no_fault() -> anyhow::Result<()> {
    check(&Recipe::default(), given(&[DATABASE]), "no fault found")
}

#[test]
fn a_variable_that_nobody_sets_is_named_and_a_placeholder_shows_it() -> anyhow::Result<()> {
    let diagnosis = diagnosed(&Recipe::default(), Settings::default())?;
    let cause = &diagnosis.causes[0];
    assert_eq!((cause.id.to_string().as_str(), cause.confirmed), ("missing-variable", true), "{diagnosis:#?}");
    assert!(cause.cause.contains("DATABASE_URL is not set"), "{}", cause.cause);
    Ok(())
}

#[test]
fn a_program_that_cannot_start_is_told_from_its_file() -> anyhow::Result<()> {
    check(
        &Recipe::config(|draft| draft.entrypoint = vec!["/app/note".to_owned()]),
        given(&[DATABASE]),
        "entrypoint-not-found: the command names `/app/note`, which is not in the image",
    )?;
    check(
        &Recipe::default().binary(for_arm),
        given(&[DATABASE]),
        &format!("wrong-architecture: /app/notes is a program for arm64, and this machine is {}", this_machine()),
    )?;
    let script = Recipe::layers(&[|layer| {
        layer.file("app/start.sh", 0o755, (0, 0), "#!/app/notes\r\n")?;
        Ok(())
    }]);
    check(
        &script.drafted(|draft| draft.entrypoint = vec!["/app/start.sh".to_owned()]),
        given(&[DATABASE]),
        "crlf-script: /app/start.sh has Windows line ends (CRLF), so its interpreter is `/app/notes` and a carriage return, \
         which is no file",
    )
}

fn this_machine() -> &'static str {
    seaworthy_image::go_architecture(std::env::consts::ARCH)
}

#[test]
fn a_health_check_without_its_tool_is_told() -> anyhow::Result<()> {
    let check_by_curl = Recipe::config(|draft| {
        if let Some(check) = &mut draft.health_check {
            check.test = ["CMD", "curl", "-f", "http://127.0.0.1:8000/health"].map(str::to_owned).to_vec();
        }
    });
    check(
        &check_by_curl,
        given(&[DATABASE]),
        "health-tool-missing: the health check runs `curl`, which is not in the image",
    )
}

#[test]
fn a_copy_opens_no_session_on_the_database_of_the_original_and_shows_no_secret() -> anyhow::Result<()> {
    let original = Throwaway::start_lenient(IpAddr::V4(Ipv4Addr::LOCALHOST), "127.0.0.1")?;
    let url = original.plain_url();
    let diagnosis = diagnosed(&Recipe::fault("--postgres"), given(&[("DATABASE_URL", &url)]))?;
    let seen = original.seen_when(|seen| seen.connections > 0, Duration::from_millis(300));
    assert_eq!(seen.connections, 0, "{diagnosis:#?}");
    let told = format!(
        "{}{}",
        seaworthy_doctor::render::json(&diagnosis),
        seaworthy_doctor::render::terminal(&diagnosis, 100, true)
    );
    assert!(!told.contains(original.password()), "{told}");
    Ok(())
}

#[test]
fn only_with_real_services_a_copy_opens_a_session_on_the_database_of_the_original() -> anyhow::Result<()> {
    let here = address()?;
    let original = Throwaway::start_lenient(here, &here.to_string())?;
    let url = original.plain_url();
    for with_real_services in [false, true] {
        let settings = Settings { with_real_services, ..given(&[("DATABASE_URL", &url)]) };
        let diagnosis = diagnosed(&Recipe::fault("--postgres"), settings)?;
        let seen = original.seen_when(|seen| seen.connections > 0, Duration::from_millis(300));
        assert_eq!(seen.connections > 0, with_real_services, "{diagnosis:#?}");
        assert!(!seaworthy_doctor::render::json(&diagnosis).contains(original.password()), "{diagnosis:#?}");
    }
    Ok(())
}

/// This machine's own in its network: a copy may not reach its loopback. Nothing is sent.
fn address() -> anyhow::Result<IpAddr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
    socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9))?;
    Ok(socket.local_addr()?.ip())
}
