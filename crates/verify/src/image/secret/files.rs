//! Which files an author writes to configure a program, by their names.

use super::literal::Syntax;
use super::name::is_dotenv;
use super::settings::{Form, Settings};

/// Folders of programs that others published: what configures them there is theirs.
const OF_OTHERS: [&str; 13] = [
    "usr/lib/",
    "usr/lib64/",
    "usr/libexec/",
    "usr/share/",
    "usr/include/",
    "usr/local/lib/",
    "usr/local/share/",
    "usr/local/go/",
    "lib/",
    "lib64/",
    "opt/conda/",
    "opt/java/",
    "var/lib/",
];
/// Folders of published packages, wherever they stand.
const OF_PACKAGES: [&str; 10] =
    ["bower_components", "gems", ".cargo", ".rustup", ".m2", ".gradle", ".nuget", "mod", "vendor", ".pnpm"];
/// Folders of packages of which package managers keep a record.
const ON_RECORD: [&str; 3] = ["site-packages", "dist-packages", "node_modules"];
/// Folders whose settings are for trying things out.
const FOR_TRIAL: [&str; 12] = [
    "test",
    "tests",
    "testing",
    "testdata",
    "__tests__",
    "fixtures",
    "spec",
    "example",
    "examples",
    "docs",
    "doc",
    "samples",
];
/// Words in the name of a file that configures a program, whatever its form.
const CONFIGURES: [&str; 15] = [
    "config",
    "conf",
    "configuration",
    "settings",
    "appsettings",
    "secrets",
    "secret",
    "credentials",
    "parameters",
    "database",
    "db",
    "env",
    "environment",
    "knexfile",
    "ormconfig",
];
/// As [`CONFIGURES`], where the form says that it is no program.
const CONFIGURES_AS_DATA: [&str; 13] = [
    "application",
    "app",
    "auth",
    "server",
    "bootstrap",
    "values",
    "compose",
    "gradle",
    "jdbc",
    "odbc",
    "rclone",
    "rabbitmq",
    "alembic",
];
/// Files that a shell reads, or that hold commands as a shell has them, whose name does not end in `sh`.
const SHELL: [&str; 18] = [
    "entrypoint",
    "docker-entrypoint",
    "procfile",
    "makefile",
    "crontab",
    "supervisord.conf",
    ".profile",
    ".bashrc",
    ".bash_profile",
    ".bash_login",
    ".bash_history",
    ".ash_history",
    ".sh_history",
    ".zshrc",
    ".zshenv",
    ".zprofile",
    ".zsh_history",
    ".psql_history",
];
/// Folders of such files.
const OF_SHELL: [&str; 5] = ["etc/profile.d/", "etc/default/", "etc/cron.d/", "etc/systemd/", "var/spool/cron/"];
/// Folders of the system's programs, whose scripts are the distribution's.
const OF_PROGRAMS: [&str; 4] = ["usr/", "bin/", "sbin/", "etc/init.d/"];
/// Names of such files in a folder `config` or `settings`.
const IN_CONFIG: [&str; 11] =
    ["default", "base", "common", "production", "prod", "development", "dev", "local", "staging", "custom", "main"];

/// What form a file has, by its name.
pub(super) fn settings(path: &str) -> Option<Settings> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let in_package = path.split('/').rev().skip(1).any(|folder| ON_RECORD.contains(&folder));
    let mut is_authors = false;
    let form = match name {
        ".netrc" | "_netrc" => Form::Netrc,
        ".pgpass" | "pgpass.conf" => Form::Pgpass,
        ".npmrc" | "npmrc" => Form::Npmrc,
        ".pypirc" => Form::Pypirc,
        ".dockercfg" => Form::Docker,
        "config.json" if path.ends_with(".docker/config.json") => Form::Docker,
        "config" if path.ends_with(".git/config") => Form::Git,
        ".gitconfig" => Form::Git,
        _ if path == "etc/gitconfig" => Form::Git,
        _ if path == "etc/environment" => Form::Dotenv,
        "settings.xml" if path.ends_with(".m2/settings.xml") => Form::Literals(Syntax::Xml),
        "credentials" | "credentials.toml" if is_in(path, ".cargo") => Form::Literals(Syntax::Plain),
        _ if path == "etc/shadow" => Form::Shadow,
        _ if is_dotenv(name) => Form::Dotenv,
        _ if !in_package && is_of_others(path) => return None,
        _ => {
            is_authors = true;
            authors(path, name)?
        }
    };
    let for_trial = path.split('/').rev().skip(1).any(|folder| FOR_TRIAL.contains(&folder));
    Some(Settings { form, doubtful: is_authors && for_trial, in_package: is_authors && in_package })
}

/// The form of a file whose name says nothing, and whose first line is `#!/bin/sh`: a script of the author's.
pub(super) fn script(path: &str, head: &[u8]) -> Option<Settings> {
    let line = head.split(|&byte| byte == b'\n').next()?;
    let line = std::str::from_utf8(line.get(..200.min(line.len()))?).ok()?.strip_prefix("#!")?;
    let starts_shell = line.split([' ', '/']).any(|word| matches!(word.trim(), "sh" | "bash" | "ash" | "dash" | "zsh"));
    let is_systems = OF_PROGRAMS.iter().any(|folder| path.starts_with(folder))
        && !["usr/local/bin/", "usr/src/"].iter().any(|folder| path.starts_with(folder));
    let is_published = is_of_others(path) || path.split('/').any(|folder| ON_RECORD.contains(&folder));
    let doubtful = path.split('/').rev().skip(1).any(|folder| FOR_TRIAL.contains(&folder));
    (starts_shell && !is_systems && !is_published).then_some(Settings {
        form: Form::Shell,
        doubtful,
        in_package: false,
    })
}

/// Whether a file lies directly in a folder of this name.
fn is_in(path: &str, folder: &str) -> bool {
    path.rsplit('/').nth(1) == Some(folder)
}

fn is_of_others(path: &str) -> bool {
    OF_OTHERS.iter().any(|folder| path.starts_with(folder))
        || path.split('/').rev().skip(1).any(|folder| OF_PACKAGES.contains(&folder))
}

/// The form of a file that an author writes for a program of theirs.
fn authors(path: &str, name: &str) -> Option<Form> {
    let lower = name.to_ascii_lowercase();
    let is_shell = matches!(ending(&lower), Some("sh" | "bash"))
        || SHELL.contains(&lower.as_str())
        || OF_SHELL.iter().any(|folder| path.starts_with(folder));
    if is_shell {
        return Some(Form::Shell);
    }
    if ending(&lower) == Some("sql") {
        return Some(Form::Sql);
    }
    if lower == "env" && !OF_PROGRAMS.iter().any(|folder| path.starts_with(folder)) {
        return Some(Form::Dotenv);
    }
    if lower.starts_with("dockerfile") || ending(&lower) == Some("dockerfile") || lower == "containerfile" {
        return Some(Form::Dockerfile);
    }
    let syntax = match lower.as_str() {
        "redis.conf" | "sentinel.conf" | "valkey.conf" | ".msmtprc" | "msmtprc" => Syntax::Spaced,
        ".my.cnf" | "my.cnf" | "kubeconfig" | ".s3cfg" | ".boto" | ".yarnrc.yml" | "pgbouncer.ini" | "mongod.conf" => {
            Syntax::Plain
        }
        "config" | "credentials" if path.ends_with(".kube/config") || path.ends_with(".gem/credentials") => {
            Syntax::Plain
        }
        "hosts.yml" if is_in(path, "gh") => Syntax::Plain,
        "auth.json" | "credentials.tfrc.json" => Syntax::Quoted,
        "hibernate.cfg.xml" | "persistence.xml" | "context.xml" | "server.xml" | "tomcat-users.xml" | "web.config"
        | "app.config" | "nuget.config" | "settings.xml" => Syntax::Xml,
        _ => by_words(path, &lower)?,
    };
    Some(Form::Literals(syntax))
}

fn ending(name: &str) -> Option<&str> {
    name.rsplit_once('.').map(|(_, ending)| ending)
}

fn by_words(path: &str, lower: &str) -> Option<Syntax> {
    let (stem, ending) = lower.trim_start_matches('.').rsplit_once('.')?;
    let syntax = match ending {
        "yml" | "yaml" | "toml" | "ini" | "cfg" | "conf" | "cnf" | "properties" | "tfvars" | "kubeconfig" => {
            Syntax::Plain
        }
        "tfstate" => return Some(Syntax::Quoted),
        "json" | "json5" | "jsonc" | "py" | "js" | "mjs" | "cjs" | "ts" | "php" | "rb" => Syntax::Quoted,
        "xml" => Syntax::Xml,
        _ => return None,
    };
    if matches!(ending, "tfvars" | "kubeconfig") {
        return Some(syntax);
    }
    let is_data = syntax != Syntax::Quoted || ending.starts_with("json");
    let words = || stem.split(['.', '-', '_']);
    let configures = words().any(|word| CONFIGURES.contains(&word) || is_data && CONFIGURES_AS_DATA.contains(&word));
    let folder = path.rsplit('/').nth(1).unwrap_or_default();
    let in_config =
        matches!(folder, "config" | "settings" | "conf" | "secrets") && words().any(|word| IN_CONFIG.contains(&word));
    // Ansible's.
    let is_inventory = is_data && matches!(folder, "group_vars" | "host_vars");
    (configures || in_config || is_inventory).then_some(syntax)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_the_form_that_its_name_says() {
        use Form::{Docker, Dockerfile, Dotenv, Git, Literals, Netrc, Shadow, Shell, Sql};
        use Syntax::{Plain, Quoted, Spaced, Xml};
        for (path, form) in [
            ("app/.env", Dotenv),
            ("app/prod.env", Dotenv),
            ("root/.netrc", Netrc),
            ("root/.docker/config.json", Docker),
            ("etc/shadow", Shadow),
            ("app/.git/config", Git),
            ("app/settings.py", Literals(Quoted)),
            ("app/site/settings/production.py", Literals(Quoted)),
            ("app/local_settings.py", Literals(Quoted)),
            ("app/config/production.json", Literals(Quoted)),
            ("app/appsettings.Production.json", Literals(Quoted)),
            ("var/www/wp-config.php", Literals(Quoted)),
            ("app/application-prod.yml", Literals(Plain)),
            ("app/application.properties", Literals(Plain)),
            ("app/config/database.yml", Literals(Plain)),
            ("app/docker-compose.yml", Literals(Plain)),
            ("root/.kube/config", Literals(Plain)),
            ("root/.my.cnf", Literals(Plain)),
            ("etc/redis/redis.conf", Literals(Spaced)),
            ("root/.m2/settings.xml", Literals(Xml)),
            ("root/.cargo/credentials.toml", Literals(Plain)),
            ("root/.config/gh/hosts.yml", Literals(Plain)),
            ("etc/app/app.conf", Literals(Plain)),
            ("app/inventory/group_vars/all.yml", Literals(Plain)),
            ("app/gunicorn.conf.py", Literals(Quoted)),
            ("app/terraform.tfstate", Literals(Quoted)),
            ("app/init.sql", Sql),
            ("app/env", Dotenv),
            ("etc/environment", Dotenv),
            ("app/entrypoint.sh", Shell),
            ("app/Procfile", Shell),
            ("root/.bash_history", Shell),
            ("etc/default/app", Shell),
            ("etc/systemd/system/app.service", Shell),
            ("app/Dockerfile.prod", Dockerfile),
        ] {
            assert_eq!(settings(path).map(|settings| settings.form), Some(form), "{path}");
        }
        for path in [
            "app/config.json.example",
            "app/.env.example",
            "app/shadow",
            "etc/passwd",
            "app/main.py",
            "app/application.py",
            "app/messages.properties",
            "usr/lib/python3/config.py",
            "usr/local/lib/config.py",
            "usr/share/postgresql/15/x.sql",
            "usr/bin/env",
            "app/vendor/x/config.php",
        ] {
            assert_eq!(settings(path), None, "{path}");
        }
        for path in ["usr/local/lib/python3.12/site-packages/x/settings.py", "app/node_modules/x/config.js"] {
            assert!(settings(path).unwrap().in_package, "{path}");
        }
        assert!(!settings("app/settings.py").unwrap().in_package);
        assert!(!settings("app/node_modules/x/.env").unwrap().in_package);
        for (path, head, expected) in [
            ("app/start", "#!/bin/sh\nexec app\n", true),
            ("usr/local/bin/start", "#!/usr/bin/env bash\n", true),
            ("app/start", "#!/usr/bin/env python3\n", false),
            ("app/start", "text", false),
            ("usr/bin/start", "#!/bin/sh\n", false),
            ("app/node_modules/x/start", "#!/bin/sh\n", false),
            ("app/start", "", false),
        ] {
            assert_eq!(script(path, head.as_bytes()).is_some(), expected, "{path}: {head}");
        }
        assert!(settings("app/tests/settings.py").unwrap().doubtful);
        assert!(!settings("app/tests/.env").unwrap().doubtful);
    }
}
