//! What can be wrong with a proof.

use seaworthy_image::Digest;

/// Why bytes are no proof of an image. Each damage has a variant of its own, which names it.
///
/// Texts that came with the bytes are cut to 100 characters and otherwise as they came: a terminal is shown them cleaned.
#[derive(Debug, thiserror::Error)]
pub enum ProofError {
    #[error("{what} has {size_bytes} bytes, more than {limit_bytes}")]
    TooLarge { what: Part, size_bytes: usize, limit_bytes: usize },
    #[error("its media type `{0}` is not that of a proof")]
    MediaType(String),
    /// No JSON, or not with the members that there must be.
    #[error("{what} cannot be read")]
    Unreadable { what: Part, source: serde_json::Error },
    #[error("{what} is not in base64")]
    Base64 { what: Part },
    #[error("the bundle says that it is `{0}`, which is not a sigstore bundle of version 0.3")]
    BundleType(String),
    #[error("the bundle holds no envelope")]
    NoEnvelope,
    #[error("the envelope holds `{0}`, not an in-toto statement")]
    PayloadType(String),
    #[error("the envelope has {0} signatures, more than {limit}", limit = crate::limits::SIGNATURES)]
    TooManySignatures(usize),
    /// A key was named, and the proof was never signed.
    #[error("it is not signed, and one signed by key `{wanted}` is wanted")]
    Unsigned { wanted: String },
    #[error("the envelope has no signature")]
    NoSignature,
    #[error("it is signed by key `{found}`, not by key `{wanted}`")]
    OtherKey { wanted: String, found: String },
    /// The key is the right one, or nothing says which it was.
    #[error("its signature does not hold under key `{key}`: what was signed or the signature was changed")]
    Signature { key: String },
    #[error("the statement is of type `{0}`, not an in-toto statement of version 1")]
    StatementType(String),
    #[error("the statement is of {0} subjects, not of one")]
    Subjects(usize),
    #[error("it is the proof of another image: of `{found}`, not of `{wanted}`")]
    OtherImage { wanted: Digest, found: String },
    #[error("the statement says something else than the result of a test: `{0}`")]
    PredicateType(String),
    #[error("the statement holds {found} of {what}, not one")]
    Contents { what: Part, found: usize },
    /// Content and digest in the statement.
    #[error("{what} was changed: its digest is `{found}`, and the statement says `{told}`")]
    Changed { what: Part, told: String, found: Digest },
    #[error("the specification is not UTF-8 text")]
    SpecText,
    #[error("the report has the form `{0}`, which is not known here")]
    ReportSchema(String),
    #[error("the specification was swapped: the report is about `{report}`, and the statement holds `{statement}`")]
    OtherSpec { report: String, statement: Digest },
    #[error("the report is about another image: about `{report}`, and the statement about `{statement}`")]
    ReportOfOtherImage { report: String, statement: Digest },
    #[error("the report's image `{0}` is no digest")]
    ImageDigest(String),
    #[error("the report's time `{0}` is no time")]
    Time(String),
    #[error("the report names the promise `{0}` twice")]
    DuplicateId(String),
    #[error("the report's sum is not that of its promises")]
    Summary,
    #[error("the statement's result is {told}, and what the report says is {follows}")]
    Result { told: &'static str, follows: &'static str },
    /// `passedTests`, `warnedTests` or `failedTests`.
    #[error("the statement's `{0}` are not those of the report")]
    List(&'static str),
    #[error("the report says nothing of the promise `{0}`, which its specification makes")]
    MissingPromise(String),
    #[error("the report speaks of the promise `{0}`, which its specification does not make")]
    InventedPromise(String),
    #[error("the promise `{0}` has another sentence in the report than in the specification")]
    RewordedPromise(String),
    #[error("the promise `{0}` passes in the report, and no check understood it")]
    NoCheck(String),
}

/// A part of a proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Proof,
    Bundle,
    Payload,
    Signature,
    Statement,
    Spec,
    Report,
}

impl std::fmt::Display for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Proof => "the proof",
            Self::Bundle => "the bundle",
            Self::Payload => "the envelope's payload",
            Self::Signature => "a signature",
            Self::Statement => "the statement",
            Self::Spec => "the specification",
            Self::Report => "the report",
        })
    }
}

/// Text from outside, as much of it as an error shows.
pub(crate) fn short(text: &str) -> String {
    text.chars().take(100).collect()
}
