//! Secrets in command lines: of the command, the health check and the history, of shell scripts and Dockerfiles.

use seaworthy_spec::is_secret_variable;

use super::connection::password_in_setting;
use super::value::{is_placeholder, value_strength};

use super::{Hit, words};

/// The kind of a value behind a secret's name.
pub(crate) const NAMED: &str = "value for a password-like name";
/// The kind of every other finding here.
const IN_COMMAND: &str = "password in a command";
/// Commands inside commands (`sh -c "…"`) that are looked into.
const DEEPEST: usize = 3;
/// Words that run what stands behind them.
const RUNNERS: [&str; 16] = [
    "sudo",
    "env",
    "exec",
    "command",
    "time",
    "nohup",
    "nice",
    "then",
    "do",
    "else",
    "if",
    "!",
    "RUN",
    "CMD",
    "ENTRYPOINT",
    "tini",
];
/// Options that take `user:password`.
const CREDENTIALS: [&str; 7] = ["-u", "--user", "-U", "--proxy-user", "--creds", "--src-creds", "--dest-creds"];

/// What a text that a shell reads gives away.
pub(crate) fn in_shell(text: &str) -> Vec<Hit> {
    let mut found = Vec::new();
    shell(text, DEEPEST, &mut found);
    ended(found)
}

/// What a command that is already a list of words gives away.
pub(crate) fn in_words(list: &[String]) -> Vec<Hit> {
    let mut found = Vec::new();
    let list: Vec<&str> = list.iter().map(String::as_str).collect();
    command(&list, DEEPEST, &mut found);
    ended(found)
}

fn ended(mut found: Vec<Hit>) -> Vec<Hit> {
    found.sort_unstable();
    found.dedup();
    found
}

fn shell(text: &str, depth: usize, found: &mut Vec<Hit>) {
    let words = words::of(text);
    for part in words.split(|word| word.ends_command) {
        let list: Vec<&str> = part.iter().map(|word| word.text.as_str()).collect();
        command(&list, depth, found);
    }
    let all = || words.iter().map(|word| word.text.as_str());
    if all().any(|word| base_name(word) == "chpasswd") {
        found.extend(all().flat_map(str::lines).filter_map(chpasswd));
    }
    if all().any(|word| word.contains(".netrc") || word == "machine") {
        netrc(all().flat_map(str::split_whitespace), found);
    }
}

fn command(list: &[&str], depth: usize, found: &mut Vec<Hit>) {
    for (index, word) in list.iter().enumerate() {
        let next = list.get(index + 1).copied();
        found.extend(assignment(word).or_else(|| option(word, next)).or_else(|| header(word)));
        found.extend(password_in_setting(word).filter(|hit| hit.kind != super::PASSWORD_URL));
        if depth > 0 && word.contains([' ', '\n', '\t']) {
            shell(word.split_once("$(").map_or(*word, |(_, inside)| inside), depth - 1, found);
        }
    }
    found.extend(of_program(list));
}

/// `NAME=value`, `--db-password=value`, `-Dspring.datasource.password=value`, `//registry/:_authToken=value`.
fn assignment(word: &str) -> Option<Hit> {
    let (name, value) = word.split_once('=')?;
    // Of systemd and supervisor: `environment=A="1",B="2"`.
    if name.eq_ignore_ascii_case("environment") {
        return value.split(',').find_map(|one| assigned(one.split_once('=')?));
    }
    assigned((name, value))
}

fn assigned((name, value): (&str, &str)) -> Option<Hit> {
    let name = name.rsplit(['/', ':', ',', '"', '\'']).next().unwrap_or(name);
    let name = name.strip_prefix("-D").unwrap_or(name).trim_start_matches('-');
    (is_name(name) && is_secret_variable(name)).then(|| named(name, value))?
}

/// `--password value`, `-storepass value`.
fn option(word: &str, next: Option<&str>) -> Option<Hit> {
    let name = word.strip_prefix('-')?.trim_start_matches('-');
    let value = next?;
    let is_value = !value.starts_with('-') && !value.contains([' ', '=', '\n']);
    (name.len() > 2 && is_name(name) && is_value && is_secret_variable(name)).then(|| named(name, value))?
}

/// `Authorization: Bearer value`, `X-Api-Key: value`.
pub(super) fn header(word: &str) -> Option<Hit> {
    let (name, value) = word.split_once(": ")?;
    let name = name.trim();
    let value = value.trim();
    let is_login = name.eq_ignore_ascii_case("authorization") || name.eq_ignore_ascii_case("proxy-authorization");
    let token = match value.split_once(' ') {
        Some((_, token)) if is_login => token.trim(),
        None => value,
        Some(_) => return None,
    };
    (is_name(name) && !token.contains(' ') && (is_login || is_secret_variable(name))).then(|| named(name, token))?
}

/// Options that only their program gives a meaning.
fn of_program(list: &[&str]) -> Option<Hit> {
    let start = list.iter().position(|word| !is_runner(word))?;
    let (program, arguments) = (base_name(list[start]), &list[start + 1..]);
    let behind = |option: &str| {
        let at = arguments.iter().position(|word| *word == option)?;
        arguments.get(at + 1).copied()
    };
    let glued = |option: &str| {
        arguments
            .iter()
            .find_map(|word| word.strip_prefix(option))
            .filter(|value| !value.is_empty() && !value.starts_with('-'))
    };
    let first_is = |name: &str| arguments.first() == Some(&name);
    let value = match program {
        "curl" | "http" | "https" | "skopeo" | "xh" => {
            let pair = CREDENTIALS.iter().find_map(|option| behind(option)).or_else(|| glued("-u"))?;
            pair.split_once(':')?.1
        }
        "mysql" | "mysqladmin" | "mysqldump" | "mysqlcheck" | "mariadb" | "mariadb-admin" | "mariadb-dump" => {
            glued("-p")?
        }
        "sshpass" => behind("-p").or_else(|| glued("-p"))?,
        "redis-cli" | "valkey-cli" => behind("-a")?,
        "ldapsearch" | "ldapadd" | "ldapmodify" => behind("-w")?,
        "docker" | "podman" | "buildah" | "helm" | "oras" if arguments.contains(&"login") => behind("-p")?,
        "mongo" | "mongosh" | "mongodump" | "useradd" | "usermod" => behind("-p")?,
        "htpasswd" if arguments.iter().any(|word| word.starts_with('-') && word.contains('b')) => arguments.last()?,
        "openssl" => arguments.iter().find_map(|word| word.strip_prefix("pass:"))?,
        "npm" | "yarn" | "pnpm" if first_is("config") || first_is("set") => {
            let at = arguments.iter().position(|word| word.ends_with("_authToken") || word.ends_with("_password"))?;
            arguments.get(at + 1).copied()?
        }
        _ => return None,
    };
    value_strength(value).map(|strength| Hit { kind: IN_COMMAND, strength })
}

/// `root:hunter2`, as `chpasswd` reads it.
fn chpasswd(line: &str) -> Option<Hit> {
    let (user, password) = line.trim().split_once(':')?;
    let plain = is_name(user) && !password.contains([' ', '/']);
    plain.then(|| value_strength(password))?.map(|strength| Hit { kind: IN_COMMAND, strength })
}

/// `machine x login y password z`
pub(super) fn netrc<'a>(words: impl Iterator<Item = &'a str>, found: &mut Vec<Hit>) {
    let mut last = "";
    for word in words {
        if last == "password" {
            found.extend(value_strength(word).map(|strength| Hit { kind: ".netrc password", strength }));
        }
        last = word;
    }
}

fn named(name: &str, value: &str) -> Option<Hit> {
    // `--secret id=npm,src=…` of a build.
    let in_capitals = !value.bytes().any(|byte| byte.is_ascii_lowercase());
    if value.starts_with("id=") || in_capitals && is_placeholder(name, value) {
        return None;
    }
    value_strength(value).map(|strength| Hit { kind: NAMED, strength })
}

fn is_runner(word: &str) -> bool {
    RUNNERS.contains(&base_name(word)) || word.contains('=') || word.starts_with(['-', '|', '#'])
}

fn base_name(word: &str) -> &str {
    word.rsplit('/').next().unwrap_or(word)
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'))
}

/// What a Dockerfile gives away: `ENV NAME value` beside what its commands say.
pub(super) fn in_dockerfile(line: &str) -> Vec<Hit> {
    let mut found = in_shell(line);
    let mut words = line.split_whitespace();
    if let (Some(instruction), Some(name), Some(value)) = (words.next(), words.next(), words.next())
        && (instruction.eq_ignore_ascii_case("ENV") || instruction.eq_ignore_ascii_case("LABEL"))
        && !name.contains('=')
        && is_secret_variable(name)
    {
        found.extend(value_strength(value).map(|strength| Hit { kind: NAMED, strength }));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::Strength;
    use super::*;

    fn strongest(found: &[Hit]) -> Option<Strength> {
        found.iter().map(|hit| hit.strength).min()
    }

    const SURE: Option<Strength> = Some(Strength::Certain);

    #[test]
    fn a_command_gives_away_what_is_written_into_it() {
        for text in [
            "|1 NPM_TOKEN=hunter2 /bin/sh -c npm ci",
            "ENV DB_PASSWORD=hunter2",
            "/bin/sh -c #(nop)  ENV DB_PASSWORD=hunter2",
            "CMD [\"app\" \"--db-password=hunter2\"]",
            "CMD [\"app\",\"--db-password\",\"hunter2\"]",
            "DB_PASSWORD=hunter2 exec app",
            "sh -c \"export DB_PASSWORD=hunter2; app\"",
            "set -e; export A='b' && x --password=hunter2",
            "x \"$(DB_PASS=hunter2 f)\"",
            "java -Dspring.datasource.password=hunter2 -jar app.jar",
            "app --api-key=hunter2",
            "app --api-key hunter2",
            "app -e API_KEY=hunter2",
            "curl -u app:hunter2 https://repo.internal/x",
            "curl -uapp:hunter2 https://repo.internal/x",
            "curl -fsSL --user app:hunter2 https://repo.internal/x | sh",
            "curl -H 'Authorization: Bearer hunter2' https://x",
            "curl -H \"PRIVATE-TOKEN: hunter2\" https://x",
            "wget --http-password=hunter2 https://x",
            "echo 'root:hunter2' | chpasswd",
            "echo root:hunter2 | sudo chpasswd",
            "mysqladmin ping -uroot -phunter2",
            "sshpass -p hunter2 ssh x",
            "redis-cli -a hunter2 ping",
            "docker login -u app -p hunter2 registry.internal",
            "keytool -import -storepass hunter2",
            "openssl pkcs12 -passout pass:hunter2",
            "echo \"machine git.internal login ci password hunter2\" > ~/.netrc",
            "npm config set //registry.npmjs.org/:_authToken hunter2",
            "npm config set //registry.npmjs.org/:_authToken=hunter2",
            "psql \"host=db user=app password=hunter2\"",
            "git config --global http.extraheader \"AUTHORIZATION: basic aHVudGVyMg\"",
        ] {
            assert_eq!(strongest(&in_shell(text)), SURE, "{text}");
        }
    }

    #[test]
    fn a_command_that_names_a_secret_without_telling_it_is_quiet() {
        for text in [
            "adduser --disabled-password --gecos '' app",
            "adduser --disabled-password app",
            "RUN --mount=type=secret,id=npm_token npm ci",
            "docker build --secret id=npm,src=/x .",
            "mysqladmin ping -h localhost -u root -p$MYSQL_ROOT_PASSWORD",
            "mysqladmin ping -h localhost -u root -p",
            "redis-cli -a \"$REDIS_PASSWORD\" ping",
            "curl -u \"$USER:$PASSWORD\" https://x",
            "curl -fsS http://localhost:8000/health || exit 1",
            "curl -H \"Authorization: Bearer $TOKEN\" https://x",
            "TOKEN=$(curl -fsSL https://x)",
            "PASSWORD=\"$(openssl rand -hex 16)\" app",
            "docker login --password-stdin registry.internal",
            "app --password-file /run/secrets/x",
            "app --token-ttl 3600",
            "gpg --batch --passphrase '' --recv-keys \"$key\"",
            "export GPG_KEY=A035C8C19219BA821ECEA86B64E628F8D684696D",
            "pg_isready -U postgres -d tasks",
            "echo \"usage: app --password PASSWORD\"",
            "pip install token-bucket password-strength",
            "chown -R app:app /app",
            "ARG NPM_TOKEN",
            "ENV PATH=/usr/local/bin:/usr/bin",
            "docker run -p 80:80 x",
            "useradd -p '*' app",
        ] {
            assert_eq!(in_shell(text), [], "{text}");
        }
    }

    #[test]
    fn a_list_of_words_is_read_as_it_is() {
        let words = |list: &[&str]| list.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
        assert_eq!(strongest(&in_words(&words(&["app", "--password", "hunter2"]))), SURE);
        assert_eq!(strongest(&in_words(&words(&["CMD-SHELL", "redis-cli -a hunter2 ping"]))), SURE);
        assert_eq!(strongest(&in_words(&words(&["sh", "-c", "DB_PASSWORD=hunter2 exec app"]))), SURE);
        assert_eq!(in_words(&words(&["app", "--password-file", "/run/x"])), []);
    }

    #[test]
    fn deep_and_long_commands_end_soon() {
        in_shell(&"$(\"".repeat(100_000));
        in_shell(&"A=1 ".repeat(100_000));
        in_shell(&"\"sh -c '".repeat(50_000));
        in_words(&vec!["x y".to_owned(); 100_000]);
    }
}
