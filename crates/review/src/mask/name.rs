//! Names that speak of a secret.

/// Words that make a name one of a secret, wherever they stand in it.
const WORDS: &[&str] = &[
    "PASSWORD",
    "PASSWORDS",
    "PASSWD",
    "PASSPHRASE",
    "PASSCODE",
    "PASS",
    "PWD",
    "PW",
    "SECRET",
    "SECRETS",
    "TOKEN",
    "TOKENS",
    "APIKEY",
    "APIKEYS",
    "KEY",
    "KEYS",
    "CREDENTIAL",
    "CREDENTIALS",
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
    "PSK",
    "MNEMONIC",
    "SEED",
    "PIN",
    "OTP",
    "TOTP",
    "PAT",
    "LICENSE",
    "WEBHOOK",
    "ENCRYPTION",
    "HMAC",
    "CONNECTIONSTRING",
    "CONNSTR",
    "AUTHORIZATION",
    "KEYPAIR",
    "PRIVKEY",
    "PASSWORT",
    "SIG",
];
/// Parts that do so inside a longer word.
const PARTS: &[&str] = &[
    "PASSWORD",
    "PASSWD",
    "SECRET",
    "TOKEN",
    "APIKEY",
    "ACCESSKEY",
    "PRIVATEKEY",
    "AUTHKEY",
    "CREDENTIAL",
    "PASSPHRASE",
    "CONNECTIONSTRING",
    "ACCOUNTKEY",
];
/// Last words that say the value is about the secret, and first ones that say whether there is one.
const ABOUT: &[&str] = &[
    "FILE",
    "FILES",
    "PATH",
    "DIR",
    "TTL",
    "EXPIRY",
    "EXPIRES",
    "EXPIRE",
    "TIMEOUT",
    "LENGTH",
    "SIZE",
    "COUNT",
    "NAME",
    "TYPE",
    "ALGORITHM",
    "ALG",
    "HEADER",
    "ENABLED",
    "DISABLED",
    "REQUIRED",
    "SECONDS",
    "MINUTES",
    "HOURS",
    "DAYS",
    "ROUNDS",
    "ITERATIONS",
    "PROVIDER",
    "STDIN",
    "PREFIX",
    "ISSUER",
    "AUDIENCE",
    "PARALLELISM",
    "HOST",
    "PORT",
    "MODE",
    "ROTATION",
    "METHOD",
    "METHODS",
    "STORE",
    "SERVER",
    "KEYSERVER",
    "MAXAGE",
    "MINIMUM",
    "MAXIMUM",
];
const FIRST: &[&str] =
    &["NO", "DISABLE", "DISABLED", "PUBLIC", "PRIMARY", "FOREIGN", "CACHE", "SORT", "PARTITION", "MAX", "MIN"];

/// Whether what has this name is a secret: `DB_PASSWORD`, `dbPassword`, `api-key`, `AWS.SecretKey`.
pub(super) fn is_secret(name: &str) -> bool {
    let name = words(name);
    let words: Vec<&str> = name.split('_').filter(|word| !word.is_empty()).collect();
    let (Some(first), Some(last)) = (words.first(), words.last()) else { return false };
    if name.len() > 200 || ABOUT.contains(last) || FIRST.contains(first) || words.contains(&"PUBLIC") {
        return false;
    }
    let ends = |word: &str| word.len() > 4 && ["PASS", "PWD", "KEY"].iter().any(|end| word.ends_with(end));
    let is_other = |word: &str| matches!(word, "COMPASS" | "BYPASS" | "MONKEY" | "HOTKEY" | "TOKENIZER" | "TOKENIZERS");
    words.iter().any(|word| {
        !is_other(word) && (WORDS.contains(word) || PARTS.iter().any(|part| word.contains(part)) || ends(word))
    })
}

/// Whether what has this name is a host.
pub(super) fn is_host(name: &str) -> bool {
    let name = words(name);
    let last = name.rsplit('_').next().unwrap_or_default();
    [
        "HOST", "HOSTNAME", "HOSTS", "SERVER", "SERVERS", "ENDPOINT", "ADDR", "ADDRESS", "DOMAIN", "BROKERS", "BROKER",
        "NODES", "PEERS",
    ]
    .contains(&last)
        || ["PGHOST", "DBHOST", "FQDN", "BOOTSTRAP_SERVERS"].contains(&name.as_str())
}

/// In capitals, words divided by `_`.
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
    words.trim_matches('_').to_owned()
}
