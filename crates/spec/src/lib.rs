//! Containerization specifications: Markdown text to promises, and every problem with its place.
//!
//! This crate opens no file and knows nothing of images, engines or verdicts.

mod access;
mod allowed;
mod annotate;
mod aside;
mod bind;
mod boxes;
mod check;
mod comment;
mod cover;
mod criterion;
mod cursor;
mod database;
mod dependency;
mod document;
mod explain;
mod hint;
mod identifier;
mod letters;
mod name;
mod normalise;
mod parameter;
mod parse;
mod pattern;
mod problem;
mod quantity;
mod reason;
mod reference;
mod regular;
mod request_line;
mod scenario;
mod secret_variable;
mod sentence;
mod source;
mod steps;
mod subject;
mod suggest;
mod understand;
mod variable_words;
mod vocabulary;

pub use allowed::{Allowed, AllowedPlace};
pub use annotate::bind;
pub use boxes::{tick, without_ticks};
pub use check::{
    About, Binaries, Check, CheckKind, CommandPart, FileExpectation, Measure, Sbom, Stage, StopSignal, Tool,
};
pub use criterion::{Criterion, Promise, Section, Spec, Vouched};
pub use database::{Database, System};
pub use dependency::{Dependency, DependencyLine, Kind, Open, Protocol, Ready, Values, dependencies_markdown, kinds};
pub use document::Stray;
pub use explain::{Also, Exception, Line, explain};
pub use hint::{BY_HAND, scenario_for};
pub use parameter::is_known_image;
pub use parse::LARGEST_BYTES;
pub use problem::{Excerpt, Problem, SpecError};
pub use quantity::size_bytes;
pub use reference::reference_markdown;
pub use regular::Pattern;
pub use scenario::{
    Action, Answer, Body, ExitWanted, HeaderTest, HeaderWanted, Login, Repeat, Request, Save, SaveFrom, Scenario, Step,
    TextTest, TextWanted,
};
pub use secret_variable::{is_secret_variable, may_be_secret_variable};
pub use steps::{RUN_NAME, StepForm, step_forms, templates};
pub use suggest::readings;
pub use variable_words::variable_words;
pub use vocabulary::{Entry, vocabulary};
