//! Names of variables and settings that hold a secret.

use crate::variable_words;

/// Longer names are texts.
const LONGEST_NAME: usize = 200;
/// Words that make a variable's name suspicious wherever they stand in it.
const WORDS: &[&str] = &[
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
const PARTS: &[&str] = &["PASSWORD", "PASSWD", "SECRET", "APIKEY", "ACCESSKEY", "PRIVATEKEY", "AUTHKEY"];
/// Ends that do so: `DBPASS`, `MYSQLPWD`, `AUTHTOKEN`.
const ENDS: &[&str] = &["PASS", "PWD", "TOKEN"];
/// Words with such an end that are something else.
const OTHER_WORDS: &[&str] = &[
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
    "MONKEY",
    "HOTKEY",
    "TOKENIZER",
    "TOKENIZERS",
];
/// Two words that do so together.
const PAIRS: &[(&str, &str)] = &[
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
    ("CLIENT", "KEY"),
    ("APPLICATION", "KEY"),
    ("SSH", "KEY"),
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
const ABOUT: &[&str] = &[
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
    "METHOD",
    "METHODS",
    "ROTATION",
    "MAXAGE",
    "MINIMUM",
    "MAXIMUM",
];
/// First words that say whether there is a secret, not which.
const WHETHER: &[&str] = &[
    "NO", "DISABLED", "DISABLE", "WITHOUT", "SKIP", "ALLOW", "USE", "ASK", "REQUIRE", "REQUIRES", "ENABLE", "EMPTY",
    "HAS", "IS", "RESET", "FORGOT", "SHOW",
];

/// Words, parts and ends of names that may be those of secrets, and often are not.
const UNSURE_WORDS: &[&str] = &[
    "SECRETS",
    "PASSWORDS",
    "TOKENS",
    "APIKEYS",
    "KEY",
    "KEYS",
    "CREDS",
    "CRED",
    "AUTH",
    "SALT",
    "PEPPER",
    "PRIVATE",
    "SIGNATURE",
    "SIGNING",
    "COOKIE",
    "SESSION",
    "JWT",
    "BEARER",
    "DSN",
    "SEED",
    "PIN",
    "OTP",
    "TOTP",
    "PAT",
    "LICENSE",
    "WEBHOOK",
    "ENCRYPTION",
    "HMAC",
    "CONNSTR",
    "AUTHORIZATION",
    "KEYPAIR",
    "PRIVKEY",
    "PASSWORT",
    "SIG",
];
const UNSURE_PARTS: &[&str] = &["TOKEN", "CREDENTIAL", "PASSPHRASE", "CONNECTIONSTRING", "ACCOUNTKEY"];
const UNSURE_ENDS: &[&str] = &["KEY"];
/// Last words that are about a secret, or are one's own: `WEBHOOK_URL`, `VAULT_SECRET_ID`.
const UNSURE_ABOUT: &[&str] = &[
    "ID",
    "IDS",
    "URL",
    "URI",
    "ENDPOINT",
    "ENV",
    "VAR",
    "VERSION",
    "PROMPT",
    "COMMAND",
    "CMD",
    "HELPER",
    "FROM",
    "REF",
    "FORMAT",
    "FIELD",
    "PARAM",
    "PARAMETER",
    "REGEX",
    "PATTERN",
    "SERVICE",
    "SCOPE",
    "SCOPES",
    "REGION",
    "LABEL",
    "HINT",
    "TEXT",
    "MESSAGE",
    "CLASS",
    "BACKEND",
    "KIND",
    "STRATEGY",
    "SUFFIX",
];
/// Of servers of keys.
const SERVERS: &[&str] = &["SERVER", "KEYSERVER"];
/// First words of keys that everybody may see, or that open nothing, and of limits.
const OPEN_KEYS: &[&str] =
    &["NO", "DISABLE", "DISABLED", "PRIMARY", "FOREIGN", "CACHE", "SORT", "PARTITION", "MAX", "MIN"];

/// Whether a variable or setting of this name holds a secret, as names go: `DB_PASSWORD`, `db.password`, `dbPassword`.
///
/// Where it is not sure it says no: a promise fails by it.
pub fn is_secret_variable(name: &str) -> bool {
    let Some(words) = Words::of(name) else { return false };
    // `PWD` is the shell's folder.
    if words.0 == ["PWD"] || ABOUT.contains(&words.last()) || WHETHER.contains(&words.first()) {
        return false;
    }
    words.are_of_secret()
}

/// Whether it may hold one. Where it is not sure it says yes: what has such a name is hidden.
pub fn may_be_secret_variable(name: &str) -> bool {
    let Some(words) = Words::of(name) else { return false };
    let is_about = |last| ABOUT.contains(&last) && !UNSURE_ABOUT.contains(&last) || SERVERS.contains(&last);
    if is_about(words.last()) || OPEN_KEYS.contains(&words.first()) {
        return false;
    }
    words.are_of_secret() || words.may_be_of_secret()
}

/// The words of a name.
struct Words(Vec<String>);

impl Words {
    /// `None` where the name is none of a secret at all.
    fn of(name: &str) -> Option<Self> {
        if name.len() > LONGEST_NAME {
            return None;
        }
        let words: Vec<String> =
            variable_words(name).split('_').filter(|word| !word.is_empty()).map(str::to_owned).collect();
        let is_open = words.is_empty() || words.iter().any(|word| word == "PUBLIC");
        (!is_open).then_some(Self(words))
    }

    fn first(&self) -> &str {
        self.0.first().map_or("", String::as_str)
    }

    fn last(&self) -> &str {
        self.0.last().map_or("", String::as_str)
    }

    fn are_of_secret(&self) -> bool {
        self.any(WORDS, PARTS, ENDS)
            || self.0.windows(2).any(|pair| PAIRS.contains(&(pair[0].as_str(), pair[1].as_str())))
    }

    fn may_be_of_secret(&self) -> bool {
        self.any(UNSURE_WORDS, UNSURE_PARTS, UNSURE_ENDS)
    }

    fn any(&self, words: &[&str], parts: &[&str], ends: &[&str]) -> bool {
        let ends = |word: &str| ends.iter().any(|end| word.len() > end.len() + 1 && word.ends_with(end));
        let is_one = |word: &str| words.contains(&word) || parts.iter().any(|part| word.contains(part)) || ends(word);
        self.0.iter().any(|word| !OTHER_WORDS.contains(&word.as_str()) && is_one(word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_is_a_secret_by_its_words() {
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
            assert_eq!(is_secret_variable(name), expected, "{name}");
        }
    }

    #[test]
    fn what_is_a_secret_for_sure_may_be_one_and_more_may_be() {
        for (name, expected) in [
            ("DB_PASSWORD", true),
            ("WEBHOOK_URL", true),
            ("VAULT_SECRET_ID", true),
            ("KEY", true),
            ("ENCRYPTIONKEY", true),
            ("SESSION", true),
            ("MONKEY", false),
            ("PARTITION_KEY", false),
            ("PUBLIC_KEY", false),
            ("KEY_SERVER", false),
            ("TOKEN_TTL", false),
            ("PASSWORD_FILE", false),
            ("LOG_LEVEL", false),
            ("PWD", true),
        ] {
            assert_eq!(may_be_secret_variable(name), expected, "{name}");
            assert!(expected || !is_secret_variable(name), "{name}");
        }
    }
}
