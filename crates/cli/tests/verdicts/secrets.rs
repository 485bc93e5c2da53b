//! `image.secrets`: honest mistakes wherever they lie, and beside each what only looks like one.

use seaworthy_testkit::Recipe;
use serde_json::json;

use crate::row::row;

/// In no text of this repository together with a name that would make it a finding.
const PASSWORD: &str = "hunter2";

/// An image without layers of its own.
fn bare() -> Recipe {
    Recipe::on(Vec::new())
}

fn with_env(variables: &[(&str, &str)]) -> Recipe {
    let variables: Vec<(String, String)> =
        variables.iter().map(|(name, value)| ((*name).to_owned(), value.replace('~', PASSWORD))).collect();
    bare().drafted(|draft| draft.env = variables)
}

fn with_files(files: &[(&str, Vec<u8>)]) -> Recipe {
    let files: Vec<(String, Vec<u8>)> =
        files.iter().map(|(path, content)| ((*path).to_owned(), content.clone())).collect();
    bare().layer(move |layer| {
        for (path, content) in &files {
            layer.file(path, 0o644, (0, 0), content.clone())?;
        }
        Ok(())
    })
}

fn text(text: &str) -> Vec<u8> {
    text.replace('~', PASSWORD).into_bytes()
}

/// A zip with one member, not compressed.
fn zip(name: &str, content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap_or(u32::MAX).to_le_bytes();
    let name_length = u16::try_from(name.len()).unwrap_or(u16::MAX).to_le_bytes();
    let header = [b"PK\x03\x04\x14\0\0\0\0\0\0\0\0\0\0\0\0\0", &length[..], &length, &name_length, &[0, 0]].concat();
    [&header, name.as_bytes(), content, b"PK\x05\x06"].concat()
}

#[test]
fn passwords_in_connection_strings_of_the_environment_are_found() -> anyhow::Result<()> {
    let image = with_env(&[
        ("DSN", "host=db user=app password=~"),
        ("JDBC_URL", "jdbc:sqlserver://db:1433;user=sa;password=~"),
        ("CACHE", "cache.internal:6380,password=~,ssl=True"),
    ]);
    row!(image).promise("No secrets in image").hides(PASSWORD).looks(
        "fail image.secrets: connection string with a password in variable `DSN` of the config, \
         URL with a password in variable `JDBC_URL` of the config, \
         connection string with a password in variable `CACHE` of the config; searched …",
    )
}

#[test]
fn connection_strings_without_a_password_pass() -> anyhow::Result<()> {
    let image = with_env(&[
        ("DSN", "host=db user=app password=${DB_PASSWORD}"),
        ("JDBC_URL", "jdbc:postgresql://db/tasks?user=app"),
        ("CACHE", "cache.internal:6380,ssl=True"),
    ]);
    row!(image).promise("No secrets in image").looks("pass image.secrets: none in …")
}

#[test]
fn a_secrets_name_and_a_literal_value_are_found() -> anyhow::Result<()> {
    let image = with_env(&[("DBPASS", "~"), ("BASIC_AUTH", "app:~"), ("APP_KEY", "$~")]);
    row!(image).promise("No secrets in image").hides(PASSWORD).looks(
        "fail image.secrets: value for a password-like name in variable `DBPASS` of the config, \
         value for a password-like name in variable `BASIC_AUTH` of the config, \
         value for a password-like name in variable `APP_KEY` of the config; searched …",
    )
}

#[test]
fn names_about_a_secret_templates_and_switches_pass() -> anyhow::Result<()> {
    let image = with_env(&[
        ("DBPASS", "${DBPASS}"),
        ("BASIC_AUTH", "off"),
        ("APP_KEY_FILE", "/run/secrets/app-key"),
        ("ALLOW_EMPTY_PASSWORD", "yes"),
        ("TOKEN_TTL", "3600"),
    ]);
    row!(image).promise("No secrets in image").looks("pass image.secrets: none in …")
}

#[test]
fn secrets_in_commands_are_found() -> anyhow::Result<()> {
    let image = bare().drafted(|draft| draft.entrypoint = vec!["app".into(), format!("--db-password={PASSWORD}")]);
    let image = image.config_json(|config| {
        config["config"]["Healthcheck"] = json!({"Test": ["CMD-SHELL", format!("redis-cli -a {PASSWORD} ping")]});
        config["config"]["OnBuild"] = json!([format!("RUN curl -u app:{PASSWORD} https://repo.internal")]);
    });
    row!(image).promise("No secrets in image").hides(PASSWORD).looks(
        "fail image.secrets: value for a password-like name in the entrypoint, password in a command in the health check, \
         password in a command in an instruction for images built on this one; searched …",
    )
}

#[test]
fn commands_that_take_their_secrets_from_elsewhere_pass() -> anyhow::Result<()> {
    let image = bare().drafted(|draft| {
        draft.entrypoint = ["app", "--password-file", "/run/secrets/db"].map(String::from).to_vec();
    });
    let image = image.config_json(|config| {
        config["config"]["Healthcheck"] =
            json!({"Test": ["CMD-SHELL", "mysqladmin ping -uroot -p$MYSQL_ROOT_PASSWORD"]});
        config["config"]["OnBuild"] = json!(["RUN adduser --disabled-password app"]);
    });
    row!(image).promise("No secrets in image").looks("pass image.secrets: none in …")
}

#[test]
fn secrets_in_the_history_and_the_annotations_are_found() -> anyhow::Result<()> {
    let image = bare().config_json(|config| {
        config["history"] = json!([
            {"created_by": format!("RUN app --api-key={PASSWORD}"), "empty_layer": true},
            {"created_by": "RUN x", "comment": format!("echo 'root:{PASSWORD}' | chpasswd"), "empty_layer": true},
        ]);
    });
    let image = image.manifest_json(|manifest| manifest["annotations"] = json!({"org.acme.deploy-token": PASSWORD}));
    row!(image).promise("No secrets in image").hides(PASSWORD).looks(
        "fail image.secrets: value for a password-like name on line 1 of the history, \
         password in a command on line 2 of the history, \
         value for a password-like name in annotation `org.acme.deploy-token` of the manifest; searched …",
    )
}

#[test]
fn a_history_that_names_no_secret_passes() -> anyhow::Result<()> {
    let image = bare().config_json(|config| {
        config["history"] = json!([
            {"created_by": "RUN --mount=type=secret,id=npm_token npm ci", "empty_layer": true},
            {"created_by": "RUN TOKEN=$(cat /run/secrets/x) app", "comment": "buildkit.dockerfile.v0", "empty_layer": true},
        ]);
    });
    let image =
        image.manifest_json(|manifest| manifest["annotations"] = json!({"org.opencontainers.image.title": "x"}));
    row!(image).promise("No secrets in image").looks("pass image.secrets: none in …")
}

#[test]
fn secrets_in_an_applications_settings_are_found() -> anyhow::Result<()> {
    let image = with_files(&[
        ("app/prod.env", text("DB_PASSWORD: ~\n")),
        ("app/settings.py", text("SECRET_KEY = 'q8-~-Zt1'\n")),
        ("root/.my.cnf", text("[client]\npassword=~\n")),
    ]);
    row!(image).promise("No secrets in image").hides(PASSWORD).looks(
        "fail image.secrets: password-like variable in `/app/prod.env` in layer 1 of 1, \
         value for a password-like name in `/app/settings.py` in layer 1 of 1, \
         value for a password-like name in `/root/.my.cnf` in layer 1 of 1; searched …",
    )
}

#[test]
fn settings_that_are_read_from_elsewhere_or_published_pass() -> anyhow::Result<()> {
    let image = with_files(&[
        ("app/example.env", text("DB_PASSWORD=~\n")),
        ("app/settings.py", text("SECRET_KEY = os.environ['SECRET_KEY']\n")),
        ("app/application.yml", text("password: ${DB_PASSWORD}\ntoken-ttl: 3600\n")),
        ("usr/lib/python3/dist-packages/x/settings.py", text("SECRET_KEY = 'q8-~-Zt1'\n")),
        ("app/main.py", text("connect(password='~')\n")),
    ]);
    row!(image).promise("No secrets in image").looks("pass image.secrets: none in …")
}

#[test]
fn secrets_in_utf_16_and_in_archives_are_found() -> anyhow::Result<()> {
    let utf_16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let image = with_files(&[
        ("app/.env", utf_16(&format!("\u{feff}DB_PASSWORD={PASSWORD}\r\n"))),
        ("app/app.jar", zip("application.properties", &text("db.password=~\n"))),
    ]);
    row!(image).promise("No secrets in image").hides(PASSWORD).looks(
        "fail image.secrets: password-like variable in `/app/.env` in layer 1 of 1, \
         value for a password-like name in `/app/app.jar!/application.properties` in layer 1 of 1; searched …",
    )
}

#[test]
fn what_was_opened_and_what_was_not_is_counted() -> anyhow::Result<()> {
    let image = with_files(&[
        ("app/app.jar", zip("application.properties", b"db.password=${DB_PASSWORD}\n")),
        ("app/data.xz", b"\xfd7zXZ\0".to_vec()),
        ("app/.git/objects/ab/00000000000000000000000000000000000000", b"x\x9c".to_vec()),
    ]);
    row!(image).promise("No secrets in image").looks(
        "pass image.secrets: none in 3 files …; 1 archive opened (1 file in them); 1 compressed file not looked into; \
         1 git object not opened",
    )
}

#[test]
fn a_given_secret_in_the_image_is_found() -> anyhow::Result<()> {
    let given = "correct-horse-battery";
    // Behind one other byte, in base 64.
    let image = with_files(&[("app/main.js", b"const key = atob('eGNvcnJlY3QtaG9yc2UtYmF0dGVyeQ==')".to_vec())]);
    row!(image).promise("No secrets in image").env(&format!("API_TOKEN={given}")).hides(given).looks(
        "fail image.secrets: the value given for `API_TOKEN` in `/app/main.js` in layer 1 of 1; searched …; 1 given secret looked for",
    )
}

#[test]
fn a_given_secret_that_is_short_is_not_looked_for_and_said() -> anyhow::Result<()> {
    let image = with_files(&[("app/main.js", b"const theme = 'hunter22'".to_vec())]);
    row!(image)
        .promise("No secrets in image")
        .env("API_TOKEN=hunter22")
        .looks("pass image.secrets: none in …; too short or too common to be looked for: the value of `API_TOKEN`")
}

#[test]
fn an_exception_with_a_reason_passes_and_is_named() -> anyhow::Result<()> {
    let image = with_files(&[("app/tests/.env", text("DB_PASSWORD=~\n"))]);
    row!(image)
        .promise(
            "No secrets in image\n- Allowed: /app/tests/.env (a database of the tests)\n- Allowed: /app/gone (was one)",
        )
        .hides(PASSWORD)
        .looks(
            "pass image.secrets: none in …\n\
             warning: allowed: password-like variable in `/app/tests/.env` in layer 1 of 1 (a database of the tests)\n\
             warning: the exception for `/app/gone` (was one) allows nothing that was found",
        )
}

#[test]
fn an_exception_allows_no_other_file() -> anyhow::Result<()> {
    let image = with_files(&[("app/tests/.env", text("DB_PASSWORD=~\n")), ("app/.env", text("DB_PASSWORD=~\n"))]);
    row!(image).promise("No secrets in image\n- Allowed: /app/tests/.env (a database of the tests)").looks(
        "fail image.secrets: password-like variable in `/app/.env` in layer 1 of 1; searched …\n\
         warning: allowed: password-like variable in `/app/tests/.env` in layer 1 of 1 (a database of the tests)",
    )
}

#[test]
fn passwords_in_the_query_of_a_url_and_in_strings_for_sql_server_are_found() -> anyhow::Result<()> {
    let image = with_env(&[
        ("DATABASE_URL", "postgresql://db.internal/tasks?user=app&password=~"),
        ("SPRING_URL", "jdbc:postgresql://db.internal/tasks?user=app&password=~"),
        ("STORE", "Server=db;Database=tasks;User Id=sa;Password=~;"),
    ]);
    row!(image).promise("No secrets in image").hides(PASSWORD).looks(
        "fail image.secrets: URL with a password in variable `DATABASE_URL` of the config, \
         URL with a password in variable `SPRING_URL` of the config, \
         connection string with a password in variable `STORE` of the config; searched …",
    )
}

#[test]
fn urls_and_strings_for_sql_server_without_a_password_pass() -> anyhow::Result<()> {
    let image = with_env(&[
        ("DATABASE_URL", "postgresql://db.internal/tasks?user=app&sslmode=require"),
        ("SPRING_URL", "jdbc:postgresql://db.internal/tasks?user=app&password=${DB_PASSWORD}"),
        ("STORE", "Server=db;Database=tasks;Integrated Security=true;"),
    ]);
    row!(image).promise("No secrets in image").looks("pass image.secrets: none in …")
}

#[test]
fn a_value_is_no_template_path_or_placeholder_because_it_looks_a_little_like_one() -> anyhow::Result<()> {
    let image = with_env(&[
        ("SECRET_KEY_BASE", "/9j4AAQ~"),
        ("API_TOKEN", "exchange-rate7"),
        ("DB_PASSWORD", "$3cr3t!"),
        ("JWT_SECRET", "irreplaceable9"),
    ]);
    row!(image).promise("No secrets in image").hides(PASSWORD).looks(
        "fail image.secrets: value for a password-like name in variable `SECRET_KEY_BASE` of the config, \
         value for a password-like name in variable `API_TOKEN` of the config, \
         value for a password-like name in variable `DB_PASSWORD` of the config, 1 more; searched …",
    )
}

#[test]
fn templates_paths_and_placeholders_are_no_secrets() -> anyhow::Result<()> {
    let image = with_env(&[
        ("SECRET_KEY_BASE", "/run/secrets/key-base"),
        ("DB_PASSWORD", "$DB_PASSWORD"),
        ("JWT_SECRET", "changeme"),
    ]);
    row!(image).promise("No secrets in image").looks(
        "pass image.secrets: none in …\n\
         warning: perhaps a secret: value for a password-like name in variable `JWT_SECRET` of the config",
    )
}

#[test]
fn a_secret_before_the_program_and_one_of_the_author_of_a_line_of_history_are_found() -> anyhow::Result<()> {
    let image = bare().drafted(|draft| {
        draft.entrypoint = ["/bin/sh", "-c", &format!("DB_PASSWORD={PASSWORD} exec app")].map(String::from).to_vec();
    });
    let image = image.config_json(|config| {
        config["history"] = json!([
            {"created_by": format!("RUN curl -u app:{PASSWORD} https://repo.internal"), "empty_layer": true},
            {"created_by": "x", "author": format!("https://app:{PASSWORD}@git.internal/x.git"), "empty_layer": true},
        ]);
    });
    row!(image).promise("No secrets in image").hides(PASSWORD).looks(
        "fail image.secrets: value for a password-like name in the entrypoint, \
         password in a command on line 1 of the history, \
         URL with a password on line 2 of the history; searched …",
    )
}

#[test]
fn secrets_in_the_settings_of_tools_are_found() -> anyhow::Result<()> {
    let image = with_files(&[
        ("app/.env.production", text("DB_PASSWORD=~\n")),
        ("app/.envrc", text("export API_TOKEN=~\n")),
        ("app/.git/config", text("[http]\n\textraheader = AUTHORIZATION: basic YXBwOmh1bnRlcjI=\n")),
        ("app/config.yml", text("database:\n  password: ~\n")),
        ("root/.kube/config", text("users:\n- user:\n    token: ~\n")),
    ]);
    row!(image).promise("No secrets in image").hides(PASSWORD).looks(
        "fail image.secrets: password-like variable in `/app/.env.production` in layer 1 of 1, \
         password-like variable in `/app/.envrc` in layer 1 of 1, \
         value for a password-like name in `/app/.git/config` in layer 1 of 1, 2 more; searched …",
    )
}

#[test]
fn settings_of_tools_that_name_where_a_secret_is_pass() -> anyhow::Result<()> {
    let image = with_files(&[
        ("app/.env.production", text("DB_PASSWORD_FILE=/run/secrets/db\n")),
        ("app/.envrc", text("export API_TOKEN=$(pass show token)\n")),
        ("app/.git/config", text("[http]\n\tproxy = http://proxy.internal:3128\n")),
        ("app/config.yml", text("database:\n  password: !secret db\n")),
        ("root/.kube/config", text("users:\n- user:\n    tokenFile: /run/secrets/token\n")),
    ]);
    row!(image).promise("No secrets in image").looks(
        "pass image.secrets: none in …\n\
         warning: perhaps a secret: name of a file for secrets in `/app/.env.production` in layer 1 of 1\n\
         warning: perhaps a secret: name of a file for secrets in `/app/.envrc` in layer 1 of 1\n\
         warning: perhaps a secret: name of a file for secrets in `/root/.kube/config` in layer 1 of 1",
    )
}

#[test]
fn a_secret_at_the_end_of_a_large_file_is_found() -> anyhow::Result<()> {
    let mut large = b"# a remark of no interest\n".repeat(100_000);
    large.extend(text("DB_PASSWORD=~\n"));
    row!(with_files(&[("app/.env", large)]))
        .promise("No secrets in image")
        .hides(PASSWORD)
        .looks("fail image.secrets: password-like variable in `/app/.env` in layer 1 of 1; searched …")
}

#[test]
fn a_given_password_is_found_where_it_is_percent_encoded() -> anyhow::Result<()> {
    let given = "p@ss/word-4-tasks";
    let image = with_files(&[("app/main.js", b"fetch(base + '?p=p%40ss%2Fword-4-tasks')".to_vec())]);
    row!(image)
        .promise("No secrets in image")
        .env(&format!("DATABASE_URL=postgresql://app:{}@db/tasks", "p%40ss%2Fword-4-tasks"))
        .hides(given)
        .looks("fail image.secrets: the value given for `DATABASE_URL` in `/app/main.js` in layer 1 of 1; searched …; 2 given secrets looked for")
}

#[test]
fn secrets_in_what_a_shell_reads_are_found() -> anyhow::Result<()> {
    let image = with_files(&[
        ("app/start", text("#!/bin/sh\nexport DB_PASSWORD=~\nexec app\n")),
        ("etc/cron.d/backup", text("0 * * * * root PGPASSWORD=~ pg_dump\n")),
        ("etc/systemd/system/app.service", text("[Service]\nEnvironment=DB_PASSWORD=~\n")),
        ("root/.bash_history", text("export API_TOKEN=~\n")),
    ]);
    row!(image).promise("No secrets in image").hides(PASSWORD).looks(
        "fail image.secrets: value for a password-like name in `/app/start` in layer 1 of 1, \
         value for a password-like name in `/etc/cron.d/backup` in layer 1 of 1, \
         value for a password-like name in `/etc/systemd/system/app.service` in layer 1 of 1, 1 more; searched …",
    )
}

#[test]
fn what_a_shell_reads_and_takes_from_elsewhere_passes() -> anyhow::Result<()> {
    let image = with_files(&[
        ("app/start", text("#!/bin/sh\nexport DB_PASSWORD=$(cat /run/secrets/db)\nexec app\n")),
        ("app/notes", text("#!/usr/bin/env python3\nDB_PASSWORD=~\n")),
        ("etc/cron.d/backup", text("0 * * * * root PGPASSFILE=/run/secrets/pg pg_dump\n")),
        ("etc/systemd/system/app.service", text("[Service]\nEnvironmentFile=/run/secrets/app\n")),
    ]);
    row!(image).promise("No secrets in image").looks("pass image.secrets: none in …")
}

#[test]
fn secrets_that_count_where_the_environment_has_none_are_found() -> anyhow::Result<()> {
    let image = with_files(&[
        ("app/config.js", text("module.exports = {jwtSecret: process.env.JWT_SECRET || '~'}\n")),
        ("app/settings.py", text("SECRET_KEY = os.environ.get('SECRET_KEY', '~')\n")),
        ("docker-entrypoint-initdb.d/init.sql", text("CREATE USER app WITH PASSWORD '~';\n")),
    ]);
    row!(image).promise("No secrets in image").hides(PASSWORD).looks(
        "fail image.secrets: value for a password-like name in `/app/config.js` in layer 1 of 1, \
         value for a password-like name in `/app/settings.py` in layer 1 of 1, \
         value for a password-like name in `/docker-entrypoint-initdb.d/init.sql` in layer 1 of 1; searched …",
    )
}

#[test]
fn settings_that_end_without_the_environment_and_hashes_in_sql_pass() -> anyhow::Result<()> {
    let image = with_files(&[
        ("app/config.js", text("module.exports = {jwtSecret: process.env.JWT_SECRET || ''}\n")),
        ("app/settings.py", text("SECRET_KEY = os.environ['SECRET_KEY']\nPORT = os.environ.get('PORT', '8000')\n")),
        ("docker-entrypoint-initdb.d/init.sql", text("CREATE USER app WITH PASSWORD :'password';\n")),
    ]);
    row!(image).promise("No secrets in image").looks("pass image.secrets: none in …")
}
