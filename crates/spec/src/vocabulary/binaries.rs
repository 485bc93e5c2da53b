//! What the programs in the image are, and what they need there.

use super::{Entry, one};
use crate::{Binaries, Check, CheckKind};

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        kind: CheckKind::ImageStatic,
        sentence: "Binaries are statically linked",
        description: "The program that the image's command starts asks for no dynamic linker, and no other executable is seen that does and \
                      that no package of a distribution brought; \"all\": one that does breaks it.",
        examples: &[
            "Binaries are statically linked",
            "Statically linked binary",
            "The Go binary is static",
            "All binaries are statically linked",
        ],
        forms: &[&[
            "<binary>",
            "(statically linked|statically-linked|statically compiled|statically built|linked statically|static)",
        ]],
        extras: &["<container>", "<image>", "<in-image>", "(contain|have|ship|include|run|use|fully|completely)"],
        topics: &["binary", "binaries", "build", "linking"],
        checks: |found| {
            one(Check::ImageStatic { binaries: if found.has("all") { Binaries::All } else { Binaries::Own } })
        },
    },
    Entry {
        kind: CheckKind::ImageDependencyList,
        sentence: "Binaries carry their dependency list",
        description: "The program that the image's command starts has its list of dependencies in it, as cargo-auditable (`.dep-v0`) or Go puts it \
                      there, and it can be read.",
        examples: &[
            "Binaries carry their dependency list",
            "The binary embeds its dependency list",
            "Dependency list is embedded in the binary",
            "Binary is auditable with cargo audit",
        ],
        forms: &[
            &[
                "<own-binary>",
                "(carry|embed|contain|include|have|hold)",
                "(dependency list|list of dependency|list of their dependency|their dependency list)",
            ],
            &["(dependency list|list of dependency)", "(embedded|included|contained|kept) in <own-binary>"],
            &["<own-binary>", "auditable (with|by) cargo (audit|auditable)"],
        ],
        extras: &["<in-image>", "of <image>", "embedded"],
        topics: &["supply chain", "binary", "binaries", "dependencies", "sbom"],
        checks: |_| one(Check::ImageDependencyList),
    },
    Entry {
        kind: CheckKind::ImageCertificates,
        sentence: "Image holds CA certificates",
        description: "A bundle of certificates lies where the distributions keep it, or where the config's SSL_CERT_FILE says, and at least one \
                      certificate in it can be read.",
        examples: &[
            "Image holds CA certificates",
            "CA certificates are present",
            "CA certificates are installed for outbound HTTPS",
            "Includes ca-certificates",
        ],
        forms: &[
            &["<ca>", "(present|installed|included|available|in place|bundled|there|exist|shipped)"],
            &["(include|contain|have|hold|ship|ship with|come with|bundle|provide) <ca>"],
            &["<ca>", "<in-image>"],
        ],
        extras: &[
            "<container>",
            "<image>",
            "<in-image>",
            "package",
            "for [outbound|outgoing] (https|tls|ssl) [connection|call|request|traffic]",
        ],
        topics: &["certificates", "tls", "security", "ca certificates"],
        checks: |_| one(Check::ImageCertificates),
    },
];
