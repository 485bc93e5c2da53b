//! Names of files in which people keep secrets.

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
