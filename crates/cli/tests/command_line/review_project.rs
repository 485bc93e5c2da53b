//! `seaworthy review` of a whole project: its specification, its tags, the prompt, and no secret in any of it.

use insta::assert_snapshot;

use crate::support::Place;

/// Planted in every file; none of them may be shown.
const SECRETS: &[&str] = &[
    "hunter2letters",
    "composeonly",
    "corrupthorse",
    "q8Zt1vPs0LmW",
    "db-prod-3.acme.internal",
    "10.12.0.7",
    "ann.smith@acme.com",
    "registry-7",
    "c3ByaW5nY29ycnVwdGhvcnNl",
    "MIIEowIBAAKCAQEA3Tz2mr7SZiAMfQyuvBjM9Oi",
    "ghp_Q7Z2X5LMN8RTPV3B",
];

const SPEC: &str = "# Notes

The old password was corrupthorse; ask ann.smith@acme.com. It runs at 10.12.0.7.

## Constraints
- **PORT**: Configurable, defaults to 8000
- The database is postgres://app:hunter2letters@db-prod-3.acme.internal/notes

## Success Criteria
- [ ] Image size under 50MB
- [ ] Starts fastly with token `q8Zt1vPs0LmW`
- [ ] Tagged with version and commit
- [ ] Runs as root
- [ ] Container runs as non-root user
";

const DOCKERFILE: &str = "FROM registry-7:5000/base:1
ENV DB_PASS\\
WORD=corrupthorse API_TOKEN=\"hunter2letters\"
# hunter2letters, and c3ByaW5nY29ycnVwdGhvcnNl in base 64
RUN git clone https://ghp_Q7Z2X5LMN8RTPV3B@github.com/acme/x && echo corrupthorse | docker login --password-stdin
COPY <<END /key.pem
-----BEGIN RSA PRIVATE KEY-----
MIIEowIBAAKCAQEA3Tz2mr7SZiAMfQyuvBjM9Oi
-----END RSA PRIVATE KEY-----
END
CMD python main.py --secret composeonly
";

const COMPOSE: &str =
    "services:\n  app:\n    build: .\n    environment:\n      SECRET_KEY: composeonly\n  db:\n    image: postgres:16\n";
const CODE: &str = "import os\nfrom flask import Flask\napp = Flask(__name__)\n\
                    KEY = os.environ.get(\"GREETING\", \"composeonly\")\nPORT = os.environ.get(\"PORT\", \"3000\")\n";

fn place() -> Place {
    Place::empty()
        .with("containerization-spec.md", SPEC)
        .with("Dockerfile", DOCKERFILE)
        .with(".dockerignore", ".git\n# composeonly, 10.12.0.7\n")
        .with("compose.yaml", COMPOSE)
        .with("requirements.txt", "flask==3.0.3\n")
        .with("app.py", CODE)
}

#[test]
fn no_output_shows_a_planted_secret() {
    let place = place();
    for arguments in [
        &["review"][..],
        &["review", "--format", "json"],
        &["review", "--format", "sarif"],
        &["review", "--format", "github"],
        &["review", "--prompt"],
    ] {
        let shown = place.call(arguments);
        assert!(shown.starts_with("exit 1\n"), "{arguments:?}: {shown}");
        for secret in SECRETS {
            assert!(!shown.contains(secret), "{secret} of {arguments:?}: {shown}");
        }
    }
    let broken = place.with("containerization-spec.md", "## Success Criteria\n- [ ] x <!-- check: GTE /a as hunter2letters header Authorization: Bearer q8Zt1vPs0LmW -->\n");
    for arguments in [&["review"][..], &["review", "--prompt"]] {
        let shown = broken.call(arguments);
        assert!(shown.starts_with("exit 2\n"), "{shown}");
        assert!(!shown.contains("q8Zt1vPs0LmW"), "{shown}");
    }
}

#[test]
fn a_prompt_has_the_material_and_lists_what_was_taken_out() {
    assert_snapshot!("prompt", place().call(&["review", "--prompt"]));
}

#[test]
fn a_specification_alone_is_reviewed() {
    let place = Place::empty().with(
        "containerization-spec.md",
        "# Notes\n\n## Success Criteria\n- [ ] Runs as root\n- [ ] Container runs as non-root user\n- [ ] No secrets in image\n",
    );
    assert_snapshot!(place.call(&["review"]), @r"
    exit 1
    --- stdout
    containerization-spec.md: note: no sections Intent, Constraints, Non-Goals and Dependencies [missing-section]
      add ## Intent, ## Constraints, ## Non-Goals, ## Dependencies
    containerization-spec.md:3: note: no promise says that the root filesystem may be read-only [missing-read-only]
      - [ ] Runs with a read-only root filesystem with a writable /tmp
    containerization-spec.md:3: note: no promise limits the size of the image [missing-size]
      - [ ] Image size under 200MB
    containerization-spec.md:3: note: no promise says how long the start takes [missing-start]
      - [ ] Container starts
    containerization-spec.md:3: note: no promise says how the container stops [missing-stop]
      - [ ] Stops within 10s on SIGTERM
    containerization-spec.md:3: note: no promise limits the memory [missing-memory]
      - [ ] Uses at most 256MB of memory
    containerization-spec.md:3: note: no promise says where the logs go [missing-logs]
      - [ ] Logs to stdout
    containerization-spec.md:5: error: the container runs as root and as non-root user [users-differ]
      keep one of line 4 (`Runs as root`) and line 5

    1 error, 0 warnings, 7 notes
    ");
}
