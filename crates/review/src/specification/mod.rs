//! Reviews a specification: what it lacks, where it contradicts itself, the Dockerfile or the code, and what nobody can check.
//!
//! Each file holds the rules of one area and the function that finds their breaches.

mod code;
mod conflict;
mod dependency;
mod image;
mod kind;
mod missing;
mod non_goal;
mod recipe;
mod section;
pub(crate) mod silence;
mod size;
mod subject;
mod unclear;

use seaworthy_init::Project;
use seaworthy_spec::{Check, Spec};

pub use subject::Subject;

use crate::{Finding, Rule};

/// Every rule for specifications, by area.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    let areas: [&[&Rule]; 8] = [
        missing::RULES,
        size::RULES,
        section::RULES,
        unclear::RULES,
        conflict::RULES,
        recipe::RULES,
        code::RULES,
        dependency::RULES,
    ];
    areas.into_iter().flatten().copied().chain(non_goal::RULES.iter().copied()).chain([&crate::tags::LEFT_OUT])
}

/// What is wrong with a specification, in the order of its lines.
///
/// ```
/// use seaworthy_review::specification::{Subject, review};
/// use seaworthy_spec::Spec;
///
/// let spec = Spec::parse("## Success Criteria\n- [ ] Runs as root\n- [ ] Container runs as non-root user\n")?;
/// let findings = review(&Subject::alone("spec.md", &spec));
/// assert!(findings.iter().any(|finding| finding.rule.id == "users-differ"));
/// # Ok::<(), seaworthy_spec::SpecError>(())
/// ```
pub fn review(subject: &Subject<'_>) -> Vec<Finding> {
    let mut findings = conflict::review(subject);
    findings.extend(recipe::review(subject));
    findings.extend(code::review(subject));
    findings.extend(unclear::review(subject));
    findings.extend(non_goal::review(subject));
    findings.extend(dependency::review(subject));
    findings.extend(size::review(subject));
    findings.extend(section::review(subject));
    findings.extend(missing::review(subject));
    let mut findings = silence::apply_and_judge(subject, findings);
    findings.sort_by_key(|finding| finding.at.line);
    findings
}

/// The words that a review looks for in the project's files: see [`seaworthy_init::mentioned`].
pub fn words(spec: &Spec, project: &Project) -> Vec<String> {
    let variables = code::variables(spec).map(|(_, name)| name.to_owned());
    let paths = spec.checks().filter_map(|check| match check {
        Check::HealthEndpoint { path } => Some(code::last_part(path).to_owned()),
        _ => None,
    });
    let mut words: Vec<String> = variables.chain(paths).filter(|word| !word.is_empty()).collect();
    words.sort();
    words.dedup();
    if project.language.is_some() { words } else { Vec::new() }
}
