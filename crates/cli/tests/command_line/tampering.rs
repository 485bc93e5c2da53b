//! What was changed behind the program's back, in a registry's storage or in a proof, is found and named.

use std::collections::BTreeMap;
use std::io::Read as _;

use crate::support::{Place, show};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use seaworthy_engine::machine;
use seaworthy_image::{Digest, Draft, Image};
use seaworthy_proof::{Statement, UNSIGNED_MEDIA_TYPE, seal};
use seaworthy_registry::{Artifact, Client, Repository, Settings};
use seaworthy_report::{Built, Report, Summary, Verdict, json};
use seaworthy_testkit::Recipe;
use seaworthy_testkit::registry::{DockerRegistry, Double, Fault, Protection, Response};
use serde_json::{Value, json};

const SPEC: &str = "\
# Notes

## Success Criteria

- [ ] Image size under 100 MB
- [ ] Health check is declared
- [ ] Image can be pushed to registry
- [ ] Tagged with version, commit and latest
- [ ] Image can be pulled and run on different machine
";

/// An image of version 1.4.2 in a registry, with a proof of its own that is right.
struct Shipped {
    place: Place,
    host: String,
    image: Image,
    registry: Registry,
}

/// What must live as long as the test.
enum Registry {
    Debians(DockerRegistry),
    Double(Double),
}

impl Shipped {
    /// In Debian's registry.
    fn new() -> Self {
        let registry = DockerRegistry::start(Protection::Open, None).unwrap();
        Self::at(registry.host(), Registry::Debians(registry))
    }

    fn in_double() -> Self {
        let registry = Double::start().unwrap();
        Self::at(registry.host(), Registry::Double(registry))
    }

    fn at(host: String, registry: Registry) -> Self {
        let place = Place::empty().with("spec.md", SPEC);
        let label = |draft: &mut Draft| {
            draft.labels.insert("org.opencontainers.image.version".to_owned(), "1.4.2".to_owned());
            draft.labels.insert("org.opencontainers.image.revision".to_owned(), "0123456789".repeat(4));
        };
        let image = Recipe::config(label).write(&place.path().join("image")).unwrap();
        let shipped = Self { place, host, image, registry };
        shipped.repository("app").push(&shipped.image, &()).unwrap();
        shipped.repository("app").tag(&shipped.image.manifest, "1.4.2").unwrap();
        shipped.call(&["verify", &shipped.name("app"), "--spec", "spec.md", "--attach"]);
        shipped
    }

    fn double(&self) -> &Double {
        match &self.registry {
            Registry::Double(double) => double,
            Registry::Debians(_) => panic!("it is Debian's"),
        }
    }

    fn name(&self, repository: &str) -> String {
        format!("{}/acme/{repository}:1.4.2", self.host)
    }

    fn repository(&self, name: &str) -> Repository {
        Client::new(Settings::default()).repository(&self.name(name).parse().unwrap()).unwrap()
    }

    /// What the program says in one line, with digests, keys and the host as words.
    fn call(&self, arguments: &[&str]) -> String {
        let mut command = self.place.command(arguments);
        let output = command.env("COSIGN_PASSWORD", "hush").env("COLUMNS", "2000").output().unwrap();
        show(&output).replace(&self.host, "HOST").split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// The bytes of the only proof of the image in a repository.
    fn proof(&self, repository: &str) -> Vec<u8> {
        let repository = self.repository(repository);
        let attached = repository.attached(self.image.digest()).unwrap();
        assert_eq!(attached.found.len(), 1, "{attached:?}");
        let mut bytes = Vec::new();
        repository.blob(&attached.found[0].content).unwrap().read_to_end(&mut bytes).unwrap();
        bytes
    }

    fn report(&self) -> Report {
        let statement: Value = serde_json::from_slice(&self.proof("app")).unwrap();
        serde_json::from_slice(&decoded(&statement["predicate"]["configuration"][1])).unwrap()
    }

    /// Puts the image into another repository, with these bytes as a proof.
    fn attach(&self, repository: &str, bytes: &[u8]) -> String {
        let there = self.repository(repository);
        there.push(&self.image, &()).unwrap();
        there.tag(&self.image.manifest, "1.4.2").unwrap();
        attach_to(&there, &self.image, bytes);
        self.name(repository)
    }

    /// The proof, changed, as the only one of the image in another repository: `proof` and `verify` name what is wrong.
    #[track_caller]
    fn check(&self, repository: &str, change: impl Fn(&mut Value), expected: &str) {
        let mut statement: Value = serde_json::from_slice(&self.proof("app")).unwrap();
        change(&mut statement);
        let image = self.attach(repository, statement.to_string().as_bytes());
        let told = self.call(&["proof", &image]);
        assert!(told.starts_with("exit 3"), "{told}");
        assert!(told.contains("no result counts") && told.contains(expected), "{told}");
        let told = self.call(&["verify", &image]);
        assert!(told.starts_with("exit 2"), "{told}");
        assert!(told.contains("has no proof that can be believed") && told.contains(expected), "{told}");
    }

    /// A proof that agrees with itself, made by nobody who ran anything.
    fn forged(&self, change: impl Fn(&mut Report)) -> Vec<u8> {
        let mut report = self.report();
        change(&mut report);
        report.summary = Summary::of(&report.criteria);
        seal(&Statement::new(&report, SPEC, "acme/app").unwrap(), None).unwrap().bytes
    }
}

/// Attaches bytes as an unsigned proof.
fn attach_to(repository: &Repository, image: &Image, bytes: &[u8]) {
    let artifact = Artifact {
        artifact_type: UNSIGNED_MEDIA_TYPE.to_owned(),
        media_type: UNSIGNED_MEDIA_TYPE.to_owned(),
        content: bytes.to_vec(),
        annotations: BTreeMap::new(),
    };
    repository.attach(&image.manifest.descriptor(), &artifact).unwrap();
}

fn decoded(resource: &Value) -> Vec<u8> {
    BASE64_STANDARD.decode(resource["content"].as_str().unwrap()).unwrap()
}

/// Another content in a statement, and a digest that fits.
fn fit(resource: &mut Value, content: &[u8]) {
    resource["content"] = BASE64_STANDARD.encode(content).into();
    resource["digest"]["sha256"] = Digest::of(content).hex().into();
}

/// The report in a statement, changed, with a digest that fits.
fn fit_report(statement: &mut Value, change: impl Fn(&mut Report)) {
    let resource = &mut statement["predicate"]["configuration"][1];
    let mut report: Report = serde_json::from_slice(&decoded(resource)).unwrap();
    change(&mut report);
    fit(resource, json::render(&report).as_bytes());
}

#[test]
fn a_byte_of_a_layer_flipped_in_the_storage() {
    let shipped = Shipped::new();
    let Registry::Debians(registry) = &shipped.registry else { panic!("it is a double") };
    let layer = shipped.image.layers[0].digest();
    let file = registry.blob_file(layer);
    let mut bytes = std::fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    let told = shipped.call(&["verify", &shipped.name("app")]);
    assert!(told.starts_with("exit 2"), "{told}");
    assert!(told.contains("sent something else than what was asked for") && told.contains(layer.as_str()), "{told}");
}

#[test]
fn a_byte_of_the_proof_flipped_in_the_storage() {
    let shipped = Shipped::new();
    let Registry::Debians(registry) = &shipped.registry else { panic!("it is a double") };
    let blob = Digest::of(&shipped.proof("app"));
    let file = registry.blob_file(&blob);
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[100] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    let told = shipped.call(&["proof", &shipped.name("app")]);
    assert!(told.starts_with("exit 3") && told.contains("not counted: ") && told.contains(blob.as_str()), "{told}");
    let told = shipped.call(&["verify", &shipped.name("app")]);
    assert!(told.starts_with("exit 2") && told.contains(blob.as_str()), "{told}");
}

#[test]
fn a_report_edited_inside_its_proof() {
    let shipped = Shipped::new();
    let edit = |statement: &mut Value| {
        let resource = &mut statement["predicate"]["configuration"][1];
        let text = String::from_utf8(decoded(resource)).unwrap().replacen("\"pending\"", "\"pass\"", 1);
        resource["content"] = BASE64_STANDARD.encode(text).into();
    };
    shipped.check("edited", edit, "the report was changed: its digest is");
    let with_digest = |statement: &mut Value| {
        fit_report(statement, |report| {
            let pending = report.criteria.iter_mut().find(|one| one.verdict == Verdict::Pending).unwrap();
            pending.verdict = Verdict::Pass;
        });
    };
    shipped.check("edited-with-digest", with_digest, "the report's sum is not that of its promises");
    let with_sum = |statement: &mut Value| {
        with_digest(statement);
        fit_report(statement, |report| report.summary = Summary::of(&report.criteria));
    };
    shipped.check("edited-with-sum", with_sum, "the statement's");
}

#[test]
fn a_specification_swapped() {
    let shipped = Shipped::new();
    let swap = |statement: &mut Value| {
        fit(&mut statement["predicate"]["configuration"][0], SPEC.replace("100 MB", "900 MB").as_bytes());
    };
    shipped.check("swapped", swap, "the specification was swapped: the report is about");
}

#[test]
fn promises_left_out_and_made_up() {
    let shipped = Shipped::new();
    let without = shipped.forged(|report| report.criteria.truncate(4));
    let told = shipped.call(&["proof", &shipped.attach("without", &without)]);
    let expected =
        "the report says nothing of the promise `success-criteria-image-can-be-pulled-and-run-on-different-machine`";
    assert!(told.starts_with("exit 3") && told.contains(expected), "{told}");
    let invented = shipped.forged(|report| {
        let mut more = report.criteria[0].clone();
        more.id.push_str("-really");
        report.criteria.push(more);
    });
    let told = shipped.call(&["proof", &shipped.attach("invented", &invented)]);
    assert!(told.contains("speaks of the promise `success-criteria-image-size-under-100-mb-really`"), "{told}");
    let reworded = shipped.forged(|report| report.criteria[0].text = "Image size under 1 MB".to_owned());
    let told = shipped.call(&["proof", &shipped.attach("reworded", &reworded)]);
    assert!(told.contains("has another sentence in the report than in the specification"), "{told}");
    let unchecked = shipped.forged(|report| report.criteria[0].check = None);
    let told = shipped.call(&["proof", &shipped.attach("unchecked", &unchecked)]);
    assert!(told.contains("passes in the report, and no check understood it"), "{told}");
}

#[test]
fn a_signature_by_another_key_and_none() {
    let shipped = Shipped::new();
    for name in ["ours", "theirs"] {
        shipped.call(&["keygen", "-o", name]);
    }
    let theirs = shipped.attach("theirs", &shipped.proof("app"));
    shipped.call(&["verify", &theirs, "--spec", "spec.md", "--attach", "--sign-key", "theirs.key"]);
    let told = shipped.call(&["proof", &theirs, "--verify-key", "ours.pub"]);
    assert!(told.starts_with("exit 3"), "{told}");
    assert!(
        told.contains("it is signed by key `") && told.contains("it is not signed, and one signed by key"),
        "{told}"
    );
    let told = shipped.call(&["verify", &theirs, "--verify-key", "ours.pub"]);
    assert!(told.starts_with("exit 2") && told.contains("it is signed by key `"), "{told}");
    let told = shipped.call(&["proof", &theirs, "--verify-key", "theirs.pub"]);
    assert!(told.contains("every result here is signed by key"), "{told}");
}

#[test]
fn the_proof_of_another_image() {
    let shipped = Shipped::new();
    let other = Recipe::config(|draft| draft.working_dir = "/".to_owned());
    let other = other.write(&shipped.place.path().join("other")).unwrap();
    let there = shipped.repository("other");
    there.push(&other, &()).unwrap();
    there.tag(&other.manifest, "1.4.2").unwrap();
    attach_to(&there, &other, &shipped.proof("app"));
    let expected =
        format!("it is the proof of another image: of `{}`, not of `{}`", shipped.image.digest(), other.digest());
    for command in ["proof", "verify"] {
        let told = shipped.call(&[command, &shipped.name("other")]);
        assert!(told.contains(&expected), "{told}");
    }
}

#[test]
fn the_proof_for_an_older_specification() {
    let shipped = Shipped::new();
    std::fs::write(shipped.place.path().join("newer.md"), SPEC.replace("100 MB", "1 MB")).unwrap();
    // In the same second, neither would be the older one.
    let older = shipped.forged(|report| report.started_at = "2026-01-01T00:00:00Z".to_owned());
    let image = shipped.attach("older", &older);
    let told = shipped.call(&["verify", &image, "--spec", "newer.md", "--attach"]);
    assert!(told.starts_with("exit 1") && told.contains("✘ Image size under 1 MB"), "{told}");
    let told = shipped.call(&["proof", &image]);
    assert!(told.starts_with("exit 1"), "{told}");
    assert!(told.contains("older specification") && told.contains("✘ Image size under 1 MB"), "{told}");
    assert!(told.contains("1 result is for an older specification and not counted"), "{told}");
}

#[test]
fn a_signed_proof_of_a_weaker_specification_does_not_satisfy_a_stronger_one() {
    let shipped = Shipped::new();
    let file = |name: &str, text: &str| std::fs::write(shipped.place.path().join(name), text).unwrap();
    file("weaker.md", &SPEC.replace("100 MB", "900 MB"));
    file("ticked.md", &SPEC.replace("[ ] Image size", "[x] Image size"));
    std::fs::create_dir(shipped.place.path().join("project")).unwrap();
    file("project/containerization-spec.md", SPEC);
    shipped.call(&["keygen", "-o", "ours"]);
    let image = shipped.attach("weaker", &shipped.proof("app"));
    let told = shipped.call(&["verify", &image, "--spec", "weaker.md", "--attach", "--sign-key", "ours.key"]);
    assert!(told.contains("signed by key"), "{told}");

    // The newest signed result is believed, and what is demanded is not in it.
    let signed = ["proof", &image, "--verify-key", "ours.pub"];
    let told = shipped.call(&signed);
    assert!(told.contains("✔ Image size under 900 MB"), "{told}");
    for demanded in [&["--spec", "spec.md"][..], &["-C", "project"]] {
        let told = shipped.call(&[&signed[..], demanded].concat());
        assert!(told.starts_with("exit 3"), "{told}");
        assert!(told.contains("no result is for this specification") && !told.contains('✔'), "{told}");
    }
    // Its own proof satisfies it, ticked or not; the unsigned one counts where no key is demanded.
    for demanded in [&["--spec", "spec.md"][..], &["--spec", "ticked.md"], &["-C", "project"]] {
        let told = shipped.call(&[&["proof", &image][..], demanded].concat());
        assert!(told.contains("✔ Image size under 100 MB") && !told.contains("no result is for this"), "{told}");
    }
    let told = shipped.call(&["proof", &image, "--spec", "none.md"]);
    assert!(told.starts_with("exit 2") && told.contains("none.md"), "{told}");
}

#[test]
fn a_consistent_forgery_is_only_found_with_a_key_and_the_program_says_so() {
    let shipped = Shipped::new();
    shipped.call(&["keygen", "-o", "ours"]);
    let forged = shipped.forged(|report| report.criteria.iter_mut().for_each(|one| one.verdict = Verdict::Pass));
    let image = shipped.attach("forged", &forged);
    let told = shipped.call(&["proof", &image]);
    assert!(told.starts_with("exit 0"), "{told}");
    assert!(told.contains("no signature was checked: damage is found, a consistent forgery is not"), "{told}");
    // What a proof was made for is told where that is not where it lies.
    assert!(told.contains("made for acme/app"), "{told}");
    let told = shipped.call(&["verify", &image]);
    assert!(told.contains("(unsigned): Notes"), "{told}");
    for command in ["proof", "verify"] {
        let told = shipped.call(&[command, &image, "--verify-key", "ours.pub"]);
        assert!(told.contains("it is not signed, and one signed by key"), "{told}");
    }
}

#[test]
fn the_machine_that_built_it_stays_that_whatever_a_newer_proof_says() {
    let shipped = Shipped::new();
    let built = |machine: Option<String>, boot: Option<String>| {
        Some(Built { machine, boot, revision: None, toolchain: None, at: "2026-01-01T00:00:00Z".to_owned() })
    };
    let honest = shipped.forged(|report| {
        report.started_at = "2026-01-02T00:00:00Z".to_owned();
        report.built = built(machine::id(), machine::boot());
    });
    let image = shipped.attach("built", &honest);
    let lie = shipped.forged(|report| report.built = built(Some("ab".repeat(32)), Some("cd".repeat(32))));
    attach_to(&shipped.repository("built"), &shipped.image, &lie);
    let told = shipped.call(&["verify", &image]);
    assert!(told.contains("pulled by digest, but this boot of this machine"), "{told}");
}

#[test]
fn a_signed_result_repeats_no_witness_that_anybody_may_have_made_up() {
    let shipped = Shipped::new();
    shipped.call(&["keygen", "-o", "ours"]);
    let witness = shipped.forged(|report| {
        let elsewhere = Built {
            machine: Some("ab".repeat(32)),
            boot: Some("cd".repeat(32)),
            revision: None,
            toolchain: None,
            at: "2026-01-01T00:00:00Z".to_owned(),
        };
        report.built = Some(elsewhere);
        report.machine.id = Some("ef".repeat(32));
        report.machine.boot = Some("01".repeat(32));
        report.criteria.iter_mut().for_each(|one| one.verdict = Verdict::Pass);
    });
    let image = shipped.attach("witness", &witness);
    let told = shipped.call(&["verify", &image]);
    assert!(told.contains("machine efefefefefef pulled and ran it") && told.contains("(unsigned result)"), "{told}");
    let told = shipped.call(&["verify", &image, "--attach", "--sign-key", "ours.key"]);
    assert!(!told.contains("pulled and ran it"), "{told}");
    assert!(told.contains("nothing shows who wrote that specification"), "{told}");
}

#[test]
fn names_in_a_proof_that_no_machine_has_do_no_harm() {
    let shipped = Shipped::new();
    let odd = shipped.forged(|report| {
        report.machine.id = Some("aééééééééééé\u{1b}[31m".to_owned());
        report.spec.title = "\u{1b}]0;gone\u{7}".to_owned();
        report.spec.path = "/etc/\u{1b}[2J".to_owned();
    });
    let image = shipped.attach("odd", &odd);
    for command in ["verify", "proof"] {
        let told = shipped.call(&[command, &image]);
        assert!(!told.contains("panicked") && !told.contains('\u{1b}'), "{told}");
        assert!(told.starts_with("exit 0") || told.starts_with("exit 3"), "{told}");
    }
}

#[test]
fn a_proof_that_cannot_be_had_is_not_taken_for_none() {
    let shipped = Shipped::in_double();
    let blob = Digest::of(&shipped.proof("app"));
    let denied = Response::error(403, "DENIED", "not now");
    shipped.double().fail(Fault::answer("GET", &format!("/blobs/{blob}"), denied));
    let told = shipped.call(&["proof", &shipped.name("app")]);
    assert!(told.starts_with("exit 2") && told.contains("cannot read the proof `sha256:"), "{told}");
}

#[test]
fn a_proof_that_lies_about_its_size() {
    let shipped = Shipped::in_double();
    let bytes = shipped.proof("app");
    let there = shipped.repository("sizes");
    there.push(&shipped.image, &()).unwrap();
    there.tag(&shipped.image.manifest, "1.4.2").unwrap();
    shipped.double().keep_blob("acme/sizes", &bytes);
    let digest = shipped.image.digest();
    for (number, size, expected) in [
        (1, 10, "has more than the 10 bytes that are told"),
        (2, 16 << 20, "bytes"),
        (3, 17 << 20, "the proof takes more than 16777216 bytes"),
    ] {
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "artifactType": UNSIGNED_MEDIA_TYPE,
            "config": {"mediaType": "application/vnd.oci.empty.v1+json", "digest": Digest::of(b"{}"), "size": 2},
            "layers": [{"mediaType": UNSIGNED_MEDIA_TYPE, "digest": Digest::of(&bytes), "size": size}],
            "subject": shipped.image.manifest.descriptor(),
        });
        let tag = format!("sha256-{}.proof-00000000000{number}", digest.hex());
        let (kind, text) = (manifest["mediaType"].as_str().unwrap(), manifest.to_string());
        shipped.double().keep_manifest("acme/sizes", &tag, kind, text.as_bytes());
        let told = shipped.call(&["proof", &shipped.name("sizes")]);
        assert!(told.starts_with("exit 3") && told.contains(expected), "{told}");
    }
}

#[test]
fn a_tag_of_an_index_is_a_tag_of_the_image_in_it() {
    let shipped = Shipped::in_double();
    let double = shipped.double();
    let descriptor = shipped.image.manifest.descriptor();
    let index = json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": [
            {
                "mediaType": descriptor.media_type, "digest": descriptor.digest, "size": descriptor.size,
                "platform": {"os": "linux", "architecture": "amd64"},
            },
            {
                "mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": Digest::of(b"x"), "size": 1,
                "annotations": {"vnd.docker.reference.type": "attestation-manifest"},
                "platform": {"os": "unknown", "architecture": "unknown"},
            },
        ],
    });
    let kind = index["mediaType"].as_str().unwrap();
    let digest = double.keep_manifest("acme/app", "1.4.2", kind, index.to_string().as_bytes());
    double.keep_manifest("acme/app", "latest", kind, index.to_string().as_bytes());
    let tagged = shipped.name("app");
    let untagged = tagged.trim_end_matches(":1.4.2");
    for name in [
        tagged.clone(),
        format!("{untagged}@{digest}"),
        format!("{untagged}@{}", shipped.image.digest()),
        format!("{tagged}@{}", shipped.image.digest()),
    ] {
        let told = shipped.call(&["verify", &name, "--spec", "spec.md"]);
        assert!(told.contains("1.4.2, latest name") && told.contains("through the index"), "{name}: {told}");
        let told = shipped.call(&["proof", &name]);
        assert!(told.contains("✔ Health check is declared"), "{name}: {told}");
    }
}
