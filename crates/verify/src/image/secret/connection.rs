//! Passwords in the connection strings of database drivers: libpq's `host=… password=…`, JDBC, `ADO.NET`, Go's `MySQL`, URLs.

use seaworthy_spec::is_secret_variable;

use super::url::{PASSWORD_URL, password_url_in_setting};
use super::value::value_strength;

use super::{Hit, Strength};

/// The kind of every finding here that is no URL.
pub(crate) const CONNECTION: &str = "connection string with a password";
/// How much of a value is looked at.
const LONGEST: usize = 64 << 10;
/// Names beside which a password makes a connection string.
const PLACES: [&str; 22] = [
    "host",
    "hostaddr",
    "server",
    "data source",
    "datasource",
    "address",
    "addr",
    "network address",
    "endpoint",
    "dbname",
    "database",
    "initial catalog",
    "user",
    "username",
    "user id",
    "uid",
    "port",
    "sslmode",
    "driver",
    "provider",
    "integrated security",
    "databasename",
];

/// What the value of a setting that takes effect says of a password: in a URL, or in another connection string.
pub(crate) fn password_in_setting(value: &str) -> Option<Hit> {
    let value = &value[..value.floor_char_boundary(value.len().min(LONGEST))];
    let found = [password_url_in_setting(value), in_pairs(value), before_at(value)];
    // The certain one first.
    found.into_iter().flatten().min()
}

/// `host=db user=app password=…`, `Server=db;User Id=sa;Password=…`, `https://…?user=a&password=…`, `cache:6380,password=…`.
fn in_pairs(value: &str) -> Option<Hit> {
    let is_url = value.contains("://") || value.starts_with("jdbc:");
    let kind = if value.contains("://") { PASSWORD_URL } else { CONNECTION };
    let signs: &[char] = if value.contains(';') { &[';', '?'] } else { &[' ', '\n', '\t', '?', '&', ','] };
    let pieces = || value.split(signs).map(str::trim).filter(|piece| !piece.is_empty());
    let pairs = || pieces().filter_map(|piece| piece.split_once('=')).map(|(name, value)| (name.trim(), value.trim()));
    let is_place = |name: &str| PLACES.contains(&name.to_ascii_lowercase().as_str());
    let first_is_host = pieces().next().is_some_and(|first| !first.contains('=') && first.contains(':'));
    if !is_url && !first_is_host && !pairs().any(|(name, _)| is_place(name)) {
        return None;
    }
    let found = pairs().filter_map(|(name, value)| {
        let is_password =
            matches!(name.to_ascii_lowercase().as_str(), "password" | "pwd" | "passwd" | "sslpassword" | "pass");
        let strength = value_strength(value)?;
        match (is_password, is_secret_variable(name)) {
            (true, _) => Some(strength),
            // `?token=…`: it may be one that everybody sees.
            (false, true) => Some(Strength::Doubtful),
            _ => None,
        }
    });
    found.min().map(|strength| Hit { strength, kind })
}

/// Without a scheme: `app:…@tcp(db:3306)/tasks`, `jdbc:oracle:thin:scott/…@db`.
fn before_at(value: &str) -> Option<Hit> {
    let (credentials, place) = value.split_once('@')?;
    let go = ["tcp(", "unix(", "tcp6(", "("].iter().any(|beginning| place.starts_with(beginning));
    let password = match credentials.strip_prefix("jdbc:oracle:thin:") {
        Some(credentials) => credentials.split_once('/')?.1,
        None if go && !credentials.contains(char::is_whitespace) => credentials.split_once(':')?.1,
        None => return None,
    };
    value_strength(password).map(|strength| Hit { kind: CONNECTION, strength })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_found_in_every_drivers_form() {
        const SURE: Option<Strength> = Some(Strength::Certain);
        const PERHAPS: Option<Strength> = Some(Strength::Doubtful);
        for (value, expected) in [
            ("host=db user=app password=hunter2 dbname=tasks", SURE),
            ("host=db user=app password='hunter2'", SURE),
            ("Server=db;Database=tasks;User Id=sa;Password=hunter2;", SURE),
            ("Data Source=db;Initial Catalog=tasks;uid=sa;pwd=hunter2", SURE),
            ("jdbc:postgresql://db/tasks?user=app&password=hunter2", SURE),
            ("jdbc:sqlserver://db:1433;databaseName=tasks;user=sa;password=hunter2", SURE),
            ("jdbc:oracle:thin:scott/hunter2@//db:1521/x", SURE),
            ("app:hunter2@tcp(db:3306)/tasks?parseTime=true", SURE),
            ("cache.internal:6380,password=hunter2,ssl=True", SURE),
            ("postgres://db/tasks?user=app&password=hunter2", SURE),
            ("postgres://app:hunter2@db/tasks", SURE),
            ("https://hooks.internal/x?token=q8Zt1vPs", PERHAPS),
            ("host=db user=app password=changeme", PERHAPS),
            ("host=db user=app password=$PASSWORD", None),
            ("host=db user=app", None),
            ("Server=db;Integrated Security=true", None),
            ("jdbc:postgresql://db/tasks?user=app&password=${DB_PASSWORD}", None),
            ("app:@tcp(db:3306)/tasks", None),
            ("https://shop.internal/?page=2", None),
            ("me@example.com", None),
            ("-Xmx1g -Dx=y", None),
            ("", None),
        ] {
            assert_eq!(password_in_setting(value).map(|hit| hit.strength), expected, "{value}");
        }
    }

    #[test]
    fn a_very_long_value_is_looked_at_in_bounds() {
        assert_eq!(password_in_setting(&"password=".repeat(1 << 20)), None);
        assert_eq!(password_in_setting(&"é;".repeat(1 << 20)), None);
    }
}
