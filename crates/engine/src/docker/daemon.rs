//! Which daemon speaks the API, and what each does in its own way: asked for once, of the daemon itself.

use std::path::Path;

use bollard::models::SystemVersion;

/// Docker or Podman.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Daemon {
    Docker,
    Podman,
}

impl Daemon {
    /// By the components that the daemon names; what else speaks the API is taken for Docker.
    pub(crate) fn of(version: &SystemVersion) -> Self {
        let is_podman = version.components.iter().flatten().any(|component| component.name.contains("Podman"));
        if is_podman { Self::Podman } else { Self::Docker }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Docker => "docker",
            Self::Podman => "podman",
        }
    }

    /// Whether a container that joins another one's network has that one's `/etc/hosts`, `/etc/resolv.conf` and host name.
    pub(crate) fn shares_names_of_network(self) -> bool {
        self == Self::Docker
    }

    /// Whether the daemon mounts volumes in memory: a Podman without root may not.
    pub(crate) fn mounts_volumes(self, is_rootless: bool) -> bool {
        self == Self::Docker || !is_rootless
    }

    /// Whether a container that has ended is for a moment in a state that the API does not have (`stopped`): until its network and mounts are
    /// gone.
    pub(crate) fn has_states_of_its_own(self) -> bool {
        self == Self::Podman
    }

    /// Folders that the daemon leaves writable under a read-only root, and that its API cannot close.
    pub(crate) fn writable_anyway(self) -> &'static [&'static str] {
        match self {
            Self::Docker => &[],
            Self::Podman => &["/run"],
        }
    }

    /// Folders that the daemon leaves writable under a read-only root, unless something is mounted there.
    pub(crate) fn writable_unless_mounted(self) -> &'static [&'static str] {
        match self {
            Self::Docker => &[],
            Self::Podman => &["/tmp", "/var/tmp"],
        }
    }

    /// How an empty folder in memory is bound, whose volume has the options already. Podman adds its own.
    pub(crate) fn scratch_mode(self) -> &'static str {
        match self {
            Self::Docker => "nocopy",
            Self::Podman => "nocopy,nosuid,nodev,noexec",
        }
    }

    /// Whether a volume keeps the mode that its options give it. Podman gives it that of the image's folder when it is first mounted.
    pub(crate) fn keeps_modes_of_volumes(self) -> bool {
        self == Self::Docker
    }

    /// Whether a variable without a value takes the image's away. Podman's API passes it over.
    pub(crate) fn takes_variables_away(self) -> bool {
        self == Self::Docker
    }

    /// Whether the words of a health check arrive as they are sent. Podman's API joins them, and splits them at spaces again.
    pub(crate) fn keeps_words_of_checks(self) -> bool {
        self == Self::Docker
    }

    /// Whether a container can be removed whose network another one still has.
    pub(crate) fn removes_in_any_order(self) -> bool {
        self == Self::Docker
    }

    /// Whether the daemon lists a container's processes itself. Podman has the container's own `ps` do it.
    pub(crate) fn lists_processes(self) -> bool {
        self == Self::Docker
    }

    /// Whether the daemon surely knows that the kernel killed for memory. Podman's monitor can miss it.
    pub(crate) fn knows_kills(self) -> bool {
        self == Self::Docker
    }

    /// Whether health checks are run only by systemd, and there is none.
    pub(crate) fn runs_no_health_checks(self) -> bool {
        // sd_booted(3)
        self == Self::Podman && !Path::new("/run/systemd/system").is_dir()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn podman_is_known_by_its_components() {
        let of = |components: &str| {
            Daemon::of(&serde_json::from_str(&format!(r#"{{"Components": {components}}}"#)).unwrap())
        };
        assert_eq!(of(r#"[{"Name": "Podman Engine", "Version": "4.3.1"}]"#), Daemon::Podman);
        assert_eq!(
            of(r#"[{"Name": "Engine", "Version": "28.0"}, {"Name": "containerd", "Version": "1"}]"#),
            Daemon::Docker
        );
        assert_eq!(of("null"), Daemon::Docker);
    }
}
