//! The page of dependencies, made from the table of kinds.

use std::fmt::Write as _;

use super::kind::kinds;

const BEFORE: &str = r"# Dependencies

<!-- Made from crates/spec/src/dependency/kind.rs: `UPDATE_DOCS=1 cargo test -p seaworthy-spec` writes it anew. -->

A specification's section *Dependencies* says which servers the service needs, and a run brings them:

```markdown
## Dependencies
- PostgreSQL database (`postgres:17-alpine`), given as `DATABASE_URL`
- Redis, given as `REDIS_URL`
- The payment API (`ghcr.io/acme/pay-mock:2`, port 8080), given as `PAY_URL`
- Object storage: MinIO (`minio/minio:RELEASE.2025-04-22T22-12-26Z`, command `server /data`), given as `S3_ENDPOINT=http://{host}:9000`
```

## The form of a line

`[LABEL:] NAME [database|server|cache|broker|queue|store] [(IMAGE[, port N][, command WORDS])][, given as VAR[=FORM]] [(FILE:LINE)]`

- A line is a dependency only when it is understood whole. Any other line (`No Redis needed`, `PostgreSQL client installed`, `Docker 24`) stays prose and starts nothing;
  `seaworthy explain SPEC` says of each line which it is, and why.
- NAME is a kind of the table below; then nothing else is needed. Anything else names image, port and variable.
- IMAGE has a tag or a digest, or is `oci:PATH`, `oci-archive:FILE` or `docker-archive:FILE`.
- A kind's variable is the one in the line, else the one that a promise names for it (`Container can connect to Redis with provided CACHE_URL`), else the table's.
  A variable given with `--env` or `--env-file` is used as it is, and nothing is started for it.
- FORM may hold `{host}`, `{port}`, `{user}`, `{password}` and `{database}`. The password is made for the run and never shown.
  - A form without `{password}` has the server demand none (PostgreSQL, Redis, Valkey, MongoDB, NATS). A server that lets nobody in without one (MySQL, MariaDB, RabbitMQ) needs it in
    the form, and a `command` of your own must set it where the form tells it: else the line stays prose.
  - A form without `{port}` needs the server at its own port. Where the service listens there, or another program of this machine does, the server counts as missing.
- `(FILE:LINE)` behind the variable says where the need was found, as `seaworthy init` writes it; it decides nothing.

## Kinds

`tried` says whether the tests run a server of that kind, from Debian's packages; the others are built from their images' documentation.

| kind | image | port | variable | its value | ready when | tried |
| --- | --- | --- | --- | --- | --- | --- |
";

const AFTER: &str = r"
## How a run has them

- An image is the engine's own where it has one of that name; else it is pulled by the digest that its registry says, from a mirror first (`--mirror FROM=TO`, `registries.conf`), and kept in
  `~/.cache/seaworthy/images` until no run asked for it in 30 days. Where no registry can be asked, what was pulled last is used, and the evidence says so.
- For PostgreSQL an installed server comes first: it is quicker, and demands TLS as Neon does. The image is started where there is none, and wherever the line names another image than the
  table's, a command, or a form without `{port}` or `{password}`. A form of the line's own is filled for the installed server too, which then also lets in who comes without TLS.
- A second PostgreSQL is started by its image. The service's database is the one whose variable a promise names, else the first.
- Each server is a container of the run's own engine, with a network of its own: only the service's containers are led to it, by the name `NAME-XXXX.internal` (another one in each run) and its own port. It is removed as they are.
- `Container can connect to NAME with provided VAR` passes where the server itself counted commands of the service's (Redis, Valkey; MariaDB and MySQL where the account has the native password), a write in PostgreSQL, or bytes went both ways during work that held (kinds without a password).
- A service that never comes to the server breaks that promise only where it was asked for work that needs it: the steps under that very promise were sent, or something was written and the
  server is a database and the only server that the run gives. Else the promise is `unproven`: the server may be for other work, and steps under the promise decide.
- `stop NAME` and `start NAME` in a scenario take the server away from that scenario's containers, and give it back.
- A server that does not start, or that nobody has an image of, breaks nothing: what fails without it is `unproven`, with its last log lines. So is what fails once it has ended during the run. A secret in the logs is one all the same.
- A server may take four times `--timeout` to start, and write what `--disk` says.

Other names: @@ALIASES@@.
";

/// The page, in Markdown.
pub fn dependencies_markdown() -> String {
    let mut page = BEFORE.to_owned();
    for kind in kinds() {
        let tried = if kind.tried { "yes" } else { "not tried" };
        let _ = writeln!(
            page,
            "| {} | `{}` | {} | `{}` | `{}` | {} | {tried} |",
            kind.name, kind.image, kind.port, kind.variable, kind.form, kind.ready.meaning
        );
    }
    let others = kinds().iter().filter(|kind| !kind.aliases.is_empty());
    let aliases: Vec<String> = others.map(|kind| format!("{} ({})", kind.name, kind.aliases.join(", "))).collect();
    page + &AFTER.replace("@@ALIASES@@", &aliases.join("; "))
}
