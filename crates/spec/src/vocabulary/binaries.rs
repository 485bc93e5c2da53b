//! What the programs in the image are, and what they need there.

use super::{Entry, one, text};
use crate::{Binaries, Check, CheckKind, FileExpectation};

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
        forms: &[
            &[
                "(<binary>|<own-program>)",
                "(statically linked|statically-linked|statically compiled|statically built|linked statically|built statically|compiled statically|static|static elf|static-pie)",
            ],
            &["(<binary>|<own-program>)", "(<not> dynamically linked|<not> link dynamically|<not> dynamic)"],
            &[
                "(<binary>|<own-program>)",
                "(have no|with no|without|without any|need no|require no|free of|no) (dynamic|shared) (dependency|library|linking|linker)",
            ],
            &["(static|fully static) (elf|go|rust|musl) [binary|executable|program|build]"],
            &["(ldd|file) (say|report|show|print|answer|return|tell)", "(not dynamic executable|statically linked)"],
            &["<service>", "(statically linked|linked statically)"],
        ],
        extras: &[
            "<container>",
            "<image>",
            "<in-img>",
            "(contain|have|ship|include|run|use|fully|completely|single|one|compiled as|built as|compiled to|as)",
            "[as] [single|self-contained|standalone] (executable|binary|elf|elf binary)",
            "[built|compiled|with|via] (cgo_enabled=0|cgo disabled|musl|with musl|against musl|without cgo|without libc)",
            "[,|and|:] ldd (say|report|show|print|answer|return) [it] not dynamic executable",
            "link against musl",
            "(therefore|and therefore|,) need no libc",
            "(so|so that)",
            "little",
            "and [can] (sit|run|live|go) (in|on|from) scratch",
            "(built|compiled) with cgo_enabled=0",
            "[,] (so|and) it (run|work) (on|in|from) scratch",
        ],
        topics: &["binary", "binaries", "build", "linking", "static linking", "static binary"],
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
            &[
                "<own-program>",
                "(carry|embed|contain|include|have|hold)",
                "[its|their|full|complete] (dependency|module|crate) (list|inventory|information|info|metadata)",
            ],
            &[
                "[its|their|full|complete] (dependency|module|crate) (list|inventory|information|info|metadata)",
                "(embedded|included|contained|kept|stored|baked|compiled) (in|into|inside) <own-program>",
            ],
            &[
                "[its|their|full|complete] (dependency|module|crate) (list|inventory)",
                "can (read|read back|extracted|recovered|listed|obtained|retrieved) from (<own-program>|artifact)",
            ],
            &[
                "<own-program> [was] (compiled|built|produced) (with|by|using|via|through) (cargo auditable|cargo-auditable)",
            ],
            &["go version -m {path} (list|show|print|report|give) [all|every|its|all its] (module|dependency)"],
            &["(<own-binary>|<own-program>)", "auditable (with|by|via|through) (cargo (audit|auditable)|cargo-audit)"],
        ],
        extras: &[
            "<in-img>",
            "of <image>",
            "embedded",
            "[via|with|by|through|using] (cargo auditable|cargo-auditable)",
        ],
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
            &[
                "<cas>",
                "(present|installed|included|available|in place|bundled|there|exist|shipped|copied|copied over|copied in|provided|on board)",
            ],
            &["(include|contain|have|hold|ship|ship with|come with|bundle|provide|carry|install) <cas>"],
            &["<cas>", "<in-img>"],
            &["need <cas> inside"],
            &[
                "copy (ca-certificates.crt|ca-certificates) [over] (from builder|from builder stage|from build stage|into <img>)",
            ],
        ],
        extras: &[
            "<container>",
            "<img>",
            "<in-img>",
            "package",
            "[present|installed|included|available|located|stored] (at|in|under) {path}",
            "for [outbound|outgoing] (https|tls|ssl) [connection|call|request|traffic]",
            "part",
            "it need",
        ],
        topics: &["certificates", "tls", "security", "ca certificates", "trust store", "outbound tls"],
        checks: |found| {
            let file = text(found, "path").map(|path| Check::ImageFile { path, expectation: FileExpectation::Exists });
            Some([Check::ImageCertificates].into_iter().chain(file).collect())
        },
    },
];
