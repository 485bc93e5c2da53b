//! Names that promise a secret: of variables and settings, and of files.

/// Longer names are texts.
const LONGEST_NAME: usize = 200;
/// Words that make a variable's name suspicious wherever they stand in it.
const WORDS: [&str; 14] = [
    "PASSWORD",
    "PASSWD",
    "PASSPHRASE",
    "PASSCODE",
    "SECRET",
    "TOKEN",
    "APIKEY",
    "CREDENTIAL",
    "CREDENTIALS",
    "PASS",
    "PWD",
    "PW",
    "PSK",
    "MNEMONIC",
];
/// Parts that do so inside a longer word: `PGPASSWORD`, `CLIENTSECRET`.
const PARTS: [&str; 7] = ["PASSWORD", "PASSWD", "SECRET", "APIKEY", "ACCESSKEY", "PRIVATEKEY", "AUTHKEY"];
/// Ends that do so: `DBPASS`, `MYSQLPWD`, `AUTHTOKEN`.
const ENDS: [&str; 3] = ["PASS", "PWD", "TOKEN"];
/// Words with such an end that are something else.
const OTHER_WORDS: [&str; 14] = [
    "COMPASS",
    "BYPASS",
    "TRESPASS",
    "SURPASS",
    "OVERPASS",
    "UNDERPASS",
    "ENCOMPASS",
    "LOWPASS",
    "HIGHPASS",
    "BANDPASS",
    "ALLPASS",
    "MULTIPASS",
    "OLDPWD",
    "NOTOKEN",
];
/// Two words that do so together.
const PAIRS: [(&str, &str); 29] = [
    ("API", "KEY"),
    ("PRIVATE", "KEY"),
    ("ACCESS", "KEY"),
    ("SECRET", "KEY"),
    ("ENCRYPTION", "KEY"),
    ("SIGNING", "KEY"),
    ("MASTER", "KEY"),
    ("ACCOUNT", "KEY"),
    ("AUTH", "KEY"),
    ("APP", "KEY"),
    ("SESSION", "KEY"),
    ("COOKIE", "KEY"),
    ("CRYPTO", "KEY"),
    ("CRYPT", "KEY"),
    ("JWT", "KEY"),
    ("HMAC", "KEY"),
    ("AES", "KEY"),
    ("FERNET", "KEY"),
    ("SERVICE", "KEY"),
    ("ADMIN", "KEY"),
    ("DEPLOY", "KEY"),
    ("STORAGE", "KEY"),
    ("WEBHOOK", "KEY"),
    ("LICENSE", "KEY"),
    ("BASIC", "AUTH"),
    ("HTTP", "AUTH"),
    ("PROXY", "AUTH"),
    ("REDIS", "AUTH"),
    ("AUTH", "SALT"),
];
/// Last words that say the value is something about the secret, not the secret.
const ABOUT: [&str; 88] = [
    "FILE",
    "FILENAME",
    "PATH",
    "DIR",
    "DIRECTORY",
    "FOLDER",
    "TTL",
    "EXPIRY",
    "EXPIRE",
    "EXPIRES",
    "EXPIRATION",
    "TIMEOUT",
    "LIFETIME",
    "DURATION",
    "INTERVAL",
    "LENGTH",
    "LEN",
    "SIZE",
    "COUNT",
    "LIMIT",
    "NAME",
    "ID",
    "IDS",
    "TYPE",
    "KIND",
    "ALGORITHM",
    "ALG",
    "HASHER",
    "HASHERS",
    "HEADER",
    "URL",
    "URI",
    "ENDPOINT",
    "HOST",
    "PORT",
    "ENABLED",
    "DISABLED",
    "REQUIRED",
    "POLICY",
    "MIN",
    "MAX",
    "SECONDS",
    "MINUTES",
    "HOURS",
    "DAYS",
    "AGE",
    "ROUNDS",
    "ITERATIONS",
    "STRENGTH",
    "VERSION",
    "PREFIX",
    "SUFFIX",
    "ISSUER",
    "AUDIENCE",
    "PROVIDER",
    "PARALLELISM",
    "STDIN",
    "FD",
    "ENV",
    "VAR",
    "PROMPT",
    "COMMAND",
    "CMD",
    "HELPER",
    "FROM",
    "REF",
    "MODE",
    "FORMAT",
    "FIELD",
    "PARAM",
    "PARAMETER",
    "REGEX",
    "PATTERN",
    "VALIDATOR",
    "VALIDATORS",
    "BACKEND",
    "CLASS",
    "MANAGER",
    "STORE",
    "STRATEGY",
    "SCOPE",
    "SCOPES",
    "SERVICE",
    "REGION",
    "LABEL",
    "HINT",
    "TEXT",
    "MESSAGE",
];
/// First words that say whether there is a secret, not which.
const WHETHER: [&str; 17] = [
    "NO", "DISABLED", "DISABLE", "WITHOUT", "SKIP", "ALLOW", "USE", "ASK", "REQUIRE", "REQUIRES", "ENABLE", "EMPTY",
    "HAS", "IS", "RESET", "FORGOT", "SHOW",
];

/// Whether a variable or setting of this name holds a secret, as names go: `DB_PASSWORD`, `db.password`, `dbPassword`.
pub(crate) fn is_suspicious_variable(name: &str) -> bool {
    if name.len() > LONGEST_NAME {
        return false;
    }
    let name = words(name);
    let words: Vec<&str> = name.split('_').filter(|word| !word.is_empty()).collect();
    let (Some(first), Some(last)) = (words.first(), words.last()) else { return false };
    if words == ["PWD"] || ABOUT.contains(last) || words.contains(&"PUBLIC") || WHETHER.contains(first) {
        return false;
    }
    let ends = |word: &str| {
        ENDS.iter().any(|end| word.len() > end.len() + 1 && word.ends_with(end)) && !OTHER_WORDS.contains(&word)
    };
    words.iter().any(|word| WORDS.contains(word) || PARTS.iter().any(|part| word.contains(part)) || ends(word))
        || words.windows(2).any(|pair| PAIRS.contains(&(pair[0], pair[1])))
}

/// In capitals, words divided by `_`: also where small letters meet capitals, as in `dbPassword`.
fn words(name: &str) -> String {
    let mut words = String::with_capacity(name.len() + 8);
    let mut small = false;
    for sign in name.chars() {
        if sign.is_ascii_uppercase() && small || !sign.is_ascii_alphanumeric() {
            words.push('_');
        }
        if sign.is_ascii_alphanumeric() {
            words.push(sign.to_ascii_uppercase());
        }
        small = sign.is_ascii_lowercase();
    }
    words
}

/// Whether a file of this name is where people keep secrets.
pub(crate) fn is_suspicious_file(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", &path));
    let names = [
        "id_rsa",
        "id_dsa",
        "id_ecdsa",
        "id_ed25519",
        ".netrc",
        "_netrc",
        ".pgpass",
        ".git-credentials",
        ".pypirc",
        ".dockercfg",
        ".htpasswd",
        ".vault-token",
        "master.key",
        "terraform.tfstate",
        ".s3cfg",
        ".boto",
        "credentials.json",
        "secrets.json",
        "secrets.yml",
        "secrets.yaml",
        "secrets.toml",
        ".my.cnf",
        ".mylogin.cnf",
        "kubeconfig",
    ];
    let endings = [".p12", ".pfx", ".jks", ".keystore", ".kdbx", ".ppk", ".tfvars", ".agekey"];
    let pairs =
        [(".docker", "config.json"), (".aws", "credentials"), (".kube", "config"), (".cargo", "credentials.toml")];
    names.contains(&name)
        || endings.iter().any(|ending| name.ends_with(ending))
        || is_dotenv(name)
        || pairs.iter().any(|(last, file)| name == *file && folder.rsplit('/').next() == Some(last))
}

/// `.env`, `.env.production`, `production.env`, `.envrc`; not the ones that are meant to be read.
pub(super) fn is_dotenv(name: &str) -> bool {
    let meant_to_be_read = ["example", "sample", "template", "dist", "defaults", "default"];
    let shape = name == ".env"
        || name == ".envrc"
        || name.starts_with(".env.")
        || name.rsplit_once('.').is_some_and(|(_, ending)| ending == "env");
    shape && !name.split(['.', '-', '_']).any(|part| meant_to_be_read.contains(&part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_is_suspicious_by_its_words() {
        for (name, expected) in [
            ("PASSWORD", true),
            ("POSTGRES_PASSWORD", true),
            ("PGPASSWORD", true),
            ("db_password", true),
            ("MYSQL_PWD", true),
            ("DB_PASS", true),
            ("SECRET_KEY_BASE", true),
            ("AWS_SECRET_ACCESS_KEY", true),
            ("GITHUB_TOKEN", true),
            ("TOKEN", true),
            ("OPENAI_API_KEY", true),
            ("JWT_SECRET", true),
            ("PWD", false),
            ("OLDPWD", false),
            ("PATH", false),
            ("GPG_KEY", false),
            ("SSH_PUBLIC_KEY", false),
            ("POSTGRES_PASSWORD_FILE", false),
            ("TOKEN_TTL", false),
            ("MAX_TOKENS", false),
            ("TOKENIZERS_PARALLELISM", false),
            ("PASSENGER_COUNT", false),
            ("COMPASS", false),
            ("DATABASE_URL", false),
            ("DBPASS", true),
            ("PGPASS", true),
            ("MYSQLPWD", true),
            ("BASIC_AUTH", true),
            ("APP_KEY", true),
            ("AUTHTOKEN", true),
            ("MYSQL_ROOT_PW", true),
            ("dbPassword", true),
            ("spring.datasource.password", true),
            ("secretAccessKey", true),
            ("client-secret", true),
            ("_authToken", true),
            ("BYPASS", false),
            ("disabled-password", false),
            ("ALLOW_EMPTY_PASSWORD", false),
            ("password-stdin", false),
            ("tokenUrl", false),
            ("maxTokens", false),
            ("PRIMARY_KEY", false),
            ("CACHE_KEY", false),
            ("PASSWORD_HASHERS", false),
            ("ACCESS_TOKEN_EXPIRE_MINUTES", false),
        ] {
            assert_eq!(is_suspicious_variable(name), expected, "{name}");
        }
    }

    #[test]
    fn a_file_is_suspicious_by_its_name() {
        for (path, expected) in [
            ("root/.ssh/id_rsa", true),
            ("root/.ssh/id_rsa.pub", false),
            ("app/.env", true),
            ("app/.env.production", true),
            ("app/.env.example", false),
            ("app/.envrc", true),
            ("app/production.env", true),
            ("app/example.env", false),
            ("app/.env.local.example", false),
            ("app/environment", false),
            ("root/.docker/config.json", true),
            ("app/config.json", false),
            ("root/.aws/credentials", true),
            ("etc/ssl/server.p12", true),
            ("etc/ssl/certs/ca.pem", false),
        ] {
            assert_eq!(is_suspicious_file(path), expected, "{path}");
        }
    }
}
