//! The account for programs: `docs/proof.md` and `docs/standing.schema.json` describe it.

use seaworthy_report::json::escaped;
use serde_json::{Value, json};

use super::{Account, SCHEMA};
use crate::{Doubt, Entry, Promise, Refused, Signature, Weight};

/// The whole account, indented, with a line feed at the end. Characters that steer a terminal are escaped.
pub fn render(account: &Account<'_>) -> String {
    let standing = account.standing;
    let first = standing.counting().next().map(|proof| &proof.report.spec);
    let spec = standing.spec.as_ref().map(|digest| {
        json!({
            "digest": digest,
            "title": first.map(|spec| &spec.title),
            "path": first.map(|spec| &spec.path),
        })
    });
    let value = json!({
        "schema": SCHEMA,
        "image": {"reference": account.reference, "digest": account.image},
        "key": account.key,
        "spec": spec,
        "results": standing.results.iter().map(result).collect::<Vec<_>>(),
        "refused": account.refused.iter().map(refused).collect::<Vec<_>>(),
        "promises": standing.promises.iter().map(promise).collect::<Vec<_>>(),
        "summary": standing.summary,
    });
    escaped(&format!("{value:#}\n"))
}

fn result(entry: &Entry<'_>) -> Value {
    let proof = entry.proof;
    let report = &proof.report;
    let (signature, key) = match &proof.signature {
        Signature::Unsigned => ("unsigned", None),
        Signature::Unchecked { key_id } => ("unchecked", Some(key_id)),
        Signature::Checked { key_id } => ("checked", Some(key_id)),
    };
    let weight = match entry.weight {
        Weight::Counts => "counts",
        Weight::Replaced => "replaced",
        Weight::OlderSpec => "older-spec",
        Weight::OtherSpec => "other-spec",
    };
    let doubt = entry.doubt.map(|doubt| match doubt {
        Doubt::Future => "future",
        Doubt::BeforeBuild => "before-build",
    });
    json!({
        "proof": proof.digest,
        "name": proof.name,
        "started_at": report.started_at,
        "took_ms": report.took_ms,
        "machine": report.machine,
        "spec": report.spec.digest,
        "signature": signature,
        "key": key,
        "weight": weight,
        "doubt": doubt,
        "pushed": report.pushed,
        "summary": report.summary,
    })
}

fn refused(refused: &Refused) -> Value {
    json!({"proof": refused.proof, "reason": refused.reason})
}

fn promise(promise: &Promise<'_>) -> Value {
    let said = promise.criterion;
    json!({
        "id": said.id,
        "section": said.section,
        "text": said.text,
        "stage": said.stage,
        "check": said.check,
        "verdict": said.verdict,
        "evidence": said.evidence,
        "next": said.next,
        "warnings": said.warnings,
        "decided_by": promise.decided_by.digest,
    })
}
