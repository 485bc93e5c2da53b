//! The reference page, made from the vocabulary.

use std::fmt::Write as _;

use crate::Stage;
use crate::pattern::shared_parts;
use crate::steps::step_forms;
use crate::vocabulary::{Entry, vocabulary};

/// The page `docs/specification.md`, as Markdown.
pub fn reference_markdown() -> String {
    let mut page = BEFORE.to_owned();
    page.push_str("| check | sentence | decided |\n| --- | --- | --- |\n");
    for entry in vocabulary() {
        let _ = writeln!(
            page,
            "| [`{}`](#{}) | {} | {} |",
            entry.kind.name(),
            anchor(entry.kind.name()),
            entry.sentence,
            stages(entry)
        );
    }
    page.push_str("| `scenario` | an inline check or a check block, [below](#checks-of-your-own) | run |\n");
    for entry in vocabulary() {
        describe(&mut page, entry);
    }
    page.push_str(PARTS);
    page.push_str("\n```text\n");
    for (name, part) in shared_parts() {
        let _ = writeln!(page, "{name} = {part}");
    }
    page.push_str("```\n");
    page.push_str(&AFTER.replace("@@STEPS@@\n", &steps()));
    page
}

/// The table of steps.
fn steps() -> String {
    let mut table = "| step | what it does | example |\n| --- | --- | --- |\n".to_owned();
    let code = |text: &str| format!("`{}`", text.replace('|', "\\|"));
    for step in step_forms() {
        let _ = writeln!(table, "| {} | {} | {} |", code(step.form), step.does, code(step.example));
    }
    table.push('\n');
    table
}

fn describe(page: &mut String, entry: &Entry) {
    let _ = write!(page, "\n### {}\n\n{}\n\n", entry.kind.name(), entry.description);
    for example in entry.examples {
        let _ = writeln!(page, "- {example}");
    }
    page.push_str("\n```text\n");
    for form in entry.forms {
        let _ = writeln!(page, "{}", form.join("  +  "));
    }
    for (kind, parts) in [("also:  ", entry.extras), ("topic: ", entry.topics)] {
        for part in parts {
            let _ = writeln!(page, "{kind}{part}");
        }
    }
    page.push_str("```\n");
}

fn stages(entry: &Entry) -> String {
    entry.kind.stages().iter().copied().map(Stage::as_str).collect::<Vec<_>>().join(" + ")
}

/// The heading's anchor, as forges make it.
fn anchor(check: &str) -> String {
    check.replace('.', "")
}

const BEFORE: &str = r"# The specification

<!-- Made from the vocabulary in crates/spec: `UPDATE_DOCS=1 cargo test -p seaworthy-spec` writes it anew. -->

A specification is a Markdown file, `containerization-spec.md`. People read it; the machine checks every promise in it.

## What is a promise

- A **box** (`- [ ]` or `- [x]`, the same promise) under a heading *Success Criteria*, *Acceptance Criteria*, *Definition of Done*, *Done when* or *Checklist*; there also a
  bullet that begins with an identifier (`- **SC-001**: …`).
- A **bullet**, with or without a box, under a heading *Constraints*, *Requirements* or *Must have*, also under its sub-headings.

- A **row of a table** under any of these headings, where a column is called *Requirement*, *Criterion*, *Promise*, *Rule* or the like, or *Property* and *Limit*, or where the row has a
  box (under *Done*, *Status* or no header) or an identifier (under *ID*). Columns such as *Why*, *Owner* and *How to verify* are no part of the promise, unless they may take it
  back (`dropped in this release`); what any other cell says has to be understood, a priority below *Must* too.
- A **box in a quotation** that stands among promises. Other bullets, and headings, in quotations are prose.

A heading, a label or a line in front of a list that takes promises back (*Nice to have*, *Not required:*, *Requirements we dropped*) makes what stands under it prose.

Everything else is prose: other sections, paragraphs, and other bullets without a box under *Success Criteria*. Headings are known in any case, numbered or decorated,
with a word such as `Container` in front and remarks behind them (`Non-Goals (What We're NOT Doing)`). Items under *Non-Goals* and *Out of scope* are shown, not checked; those under *Dependencies* say which servers a run starts ([dependencies](dependencies.md)).
A box, or a bullet that would be understood, under any other heading than those and *Intent* and its kin (*Background*, *Overview*, *Context*, …) is named by `explain`.

Lists inside lists: under *Constraints* every bullet is a promise of its own, and a bullet that is only a label with a list in it (`**Security**:`) is a heading for that
list. Under *Success Criteria* every box is a promise of its own; what else stands inside a box, bullets and paragraphs, belongs to its promise: it is a
remark that the sentence's entry lists, or has a prose label (`Note: …`), or the sentence is not understood, unless it has a check of its own. What stands inside prose is prose. Other blocks of code in it are prose.

A bullet `Allowed: PLACE (REASON)` under the promise `No secrets in image` or `VAR: environment variable` makes an exception from it. PLACE is the whole path of a file
(of an archive, with everything in it), or the name of a variable or label of the config:

```markdown
- [ ] No secrets in image
  - Allowed: /app/tests/key.pem (a test key; opens nothing)
```

What is found there does not break the promise; a warning names it with its reason. An exception without a reason is an error of the specification, and one that nothing needs is a
warning. It holds for its promise alone: what two promises would report is allowed under both.

A sentence is understood **whole or not at all**. *All CRUD endpoints work with 10,000 clients at once* promises more than *All CRUD endpoints work*, so it is
`unproven`, and the report says which part was not understood. Case, emphasis, backticks and the period at the end do not matter. Two sentences in one item, with a
period or a semicolon between them, must both hold.

### Labels

The text before a colon, or before a dash, is a label. It is never dropped unread. It is

- the sentence's **subject**: `PORT: Configurable, defaults to 8000`;
- a **promise** of its own: `No secrets in image: Database URL passed at runtime` promises both, as two sentences with *and* between them do;
- the **topic** of the sentence's entry (`Security: Container runs as non-root user`), listed there, or words of that entry's own
  sentence with a plain word beside them (`Graceful shutdown: …`, `Optimized image size: …`);
- a **synonym**: `Target`, `Choice`, `Requirement`, `Limit`. Under *Constraints* the heading may then be the subject: `### Base Image`, `- **Choice**: python:3.12-alpine`;
- an **identifier**: `SC-1`, `[SC-5]`, `CON-001`, `AC1`. It becomes the promise's id;
- a mark of **prose**: `Rationale`, `Alternative`, `Why`, `Note`. The item promises nothing.

### Parentheses

What stands in parentheses, or behind a dash, is read with the sentence: `(verify with docker images)` adds nothing, `(transfer)` names a measure, `(uid 1000)` is a promise of its own. Anything else makes the sentence not understood.

### Reasons

A clause that says why is no part of the promise: `because the engine ignores TERM`, `, since every layer costs a round trip`, `so that …`,
`, otherwise …` with the harm that follows, `(down from 1.1 GB)`. `explain` shows it as a reason that is not checked. A clause with a figure, a path,
or a word that restricts (*only*, *if*, *optional*, …) is no reason, and the sentence is then not understood. A denial is part of a reason only where it tells
what something cannot do (`otherwise the script will not find it`).

The service's own name, from the first heading, stands for *the service*: `Matchmaker starts within 3s` in a specification called *Matchmaker*. So does a phrase that
says what the service is (`the invoice renderer`, `every service container`, `the order service image`), unless a word in it names another part or a stage
(*database*, *proxy*, *builder*, *test*, *old*, …).

### Sizes, times, names

- Sizes: `200MB`, `1.5 GB`, `10 MiB`. `kB`, `MB`, `GB` are decimal (1 MB is 1,000,000 bytes), `KiB`, `MiB`, `GiB` binary. Every wording of a limit includes the limit.
- Times: `50ms`, `1s`, `2 min`, `1 h`; more than nothing, at most a day.
- Variables are written in capitals, `DATABASE_URL`; `database URL` and `port` are understood too.
- Paths begin with `/`.
- Base images: a full reference (`python:3.12-alpine`), or a well-known bare name such as `scratch` or `alpine`.
- Registries: a host, or `Docker Hub`, `GHCR`, `GitHub Container Registry`, `Quay`, `GitLab Container Registry`.
- Databases: `Neon`, `PostgreSQL`.

## The vocabulary

";

const PARTS: &str = r"
### How sentences are written here

Each line is a form of the sentence: parts with `+` between them, all of which are needed, in any order. A line `also:` is a part that may be there besides; a `topic:` is a
label that adds nothing. Every word of a sentence must belong to a part, or the sentence is not understood, and the report names the words too many.

Within a part, words stand for themselves; `[optional]`, `(one|of|these)`, `{parameter}`; `!name` is no word but notes that this way was taken; `<name>` is one of the shared parts below.

Words are compared after these steps: pictures that decorate (✅, not ❌ or 🚫) and quotation marks go; `<10s` becomes two words; `max.` loses its period; spelling is made
American; `must not`, `does not`, `never` and their kin become `not`; `must`, `shall`, `should`, `will`, `needs to`, `please ensure that` and their kin go, and so do articles and
forms of *to be*; plurals match their singulars.
";

const AFTER: &str = r#"
## Checks of your own

A promise that the vocabulary does not know can say how it is checked: in a comment, which readers do not see,

```markdown
- [ ] Answers quickly <!-- check: GET /health -> 200 within 50ms -->
```

or in a block under it, indented like its text:

````markdown
- [ ] A task survives a restart
  ```check
  POST /tasks {"title": "kept"} -> 201, save id
  restart
  GET /tasks/{id} -> 200 {"title": "kept"}
  ```
````

All the checks of one promise are one scenario, in the order of the text, against one container. Where the sentence is understood too, both must hold.
A comment may have several lines, one step each. A mistake is an error that names line and column, and so is a check that belongs to no promise.

@@STEPS@@
- Methods: `GET`, `POST`, `PUT`, `PATCH`, `DELETE`, `HEAD`, `OPTIONS`. Statuses: 100 to 599. Exit codes: 0 to 255.
- JSON in an answer is a subset: of objects the members named, others are free; arrays and other values are equal.
- TEST is `contains "…"`, `matches /…/`, `not contains "…"` or `not matches /…/`. An expression between slashes is searched for in linear time; `(?i)` ignores case, `(?s)` lets a
  `.` match line ends, `(?m)` lets `^` and `$` match at each line; a slash in it is written `\/`. One that matches the empty text is an error. `body not …` of a body that is empty, or
  no text, shows nothing and leaves the promise `unproven`.
- A header's value ends at ` ->`, at the next `header`, on the left side also at `as` and `form`, on the right side also at a comma, `body`, `within` or `save`; any other
  value stands in double quotes, as a JSON string. A header may be repeated: one of its values, or all of them with commas between, must be the one named. `contains` and `matches` want one
  value of which it holds; with `not` it must hold of none. Each cookie is a `Set-Cookie` of its own: name the cookie in the test, as in
  `header Set-Cookie matches /^session=.*; HttpOnly/`, else another one may pass it.
- `save id` keeps the member `id` of the answer, `save id = $.items[0].id` any other, `save etag = header ETag` a header, `save sid = cookie session` a cookie that this answer sets.
  `{id}` stands for it in later lines: in paths, header values, forms, tests of a text and strings of JSON. A name that was not saved before is an error; a literal brace in a
  JSON string is `\u007b`. An expression between slashes holds no such names.
- `{run}` stands for a text of 16 hexadecimal digits that no other run has, and that changes each time the steps are repeated. Nobody saves it.
  Where a request is sent `20 times`, each has another text; where a step before has `{run}`, all have the same as that step.
- `{env.API_TOKEN}` stands for a variable that the run has: given by `--env`, set by `start with`, or by the run itself. So no secret stands in the specification, and none in a report.
  Without a value, or with an empty one, the promise is `unproven`.
- `100 times, 10 at once, p99 within 50ms`: every answer must be what the step says, and 99 of 100 must come within the time. At most 10,000 requests, 100 at once, in 2 minutes.
  Into a given database nothing is written so often: the promise is `unproven` then.
- `mount` and `secret` stand first, or right before `start`. A file has at most 1 MiB. Nothing outside the specification's folder is read, and where the specification came out of a
  proof no file is: the promise is `unproven` then.
- After `start with PORT=9100` the following requests go to port 9100, where the image, `--env` or the specification names `PORT`.
- `on a fresh database`, `stop database` and `start database` are about the throwaway server, `stop NAME` and `start NAME` about a server under *Dependencies*. With a given one, or without any, the promise is `unproven`.
  So it is where the service never connects to what was made fresh or stopped: the steps then pass for another reason. No fresh database is to be had of an image.
- What a file of `secret` holds is hidden in reports, and `No secrets in logs` looks for it.
- `stop` wants a container that runs: one that ended by itself before the signal breaks the promise.
- WHO is `{env.API_TOKEN}` or a saved `{token}` (`Authorization: Bearer`), `{env.USER}:{env.PASSWORD}` (`Basic`), or `nobody`: no cookies are sent then.
- `form title=kept note="two words"` is sent as a page's form is.
- Cookies last for the scenario, also over `restart` and `start`: by name and path, until `Max-Age` or `Expires` ends them. The domain does not matter, for the service has only one name here.
  A `Secure` cookie is sent although the request is plain HTTP: in use, whoever ends TLS stands in front of the container. A `Cookie` header in a step is sent in their place.
- `K="a value with spaces"` is written as a JSON string.
- A scenario has at most 100 lines of at most 64 KiB, its JSON at most 32 levels, and at least one line that asks for something: a start alone shows nothing.

### Steps under a promise

Steps under a sentence that is understood are what the service does while that promise is judged. A service without an OpenAPI document, and a worker without HTTP, prove it that way:

````markdown
- [ ] Uses at most 64 MB of memory
  ```check
  POST /notes {"text": "{run}"} -> 201, save id
  GET /notes/{id} -> 200 {"text": "{run}"}
  ```
- [ ] Notes persist across container restarts
  ```check
  POST /notes {"text": "{run}"} -> 201, save id
  restart
  GET /notes/{id} -> 200 {"text": "{run}"}
  ```
````

| promise | how the steps are used |
| --- | --- |
| memory | in one container under the limit, repeated until its peak is steady |
| read-only root, no capabilities | in a container with less |
| stopping | before the signal; the last write with a body is sent again and is under way when the signal comes; without one nothing can be held open, and the promise stays `unproven` for a service with a port |
| persistence | as they stand: what is written before `restart` must be read after it |

- Except for persistence, one step must make the service work: a POST, PUT, PATCH or DELETE that is taken (2xx, or 3xx with a test of its `Location`), or a GET whose body is tested. Paths of its health do not count.
- Under a read-only root a write counts only where a later GET depends on it: write `{run}` or save a value, and expect it in the body.
- `within` and `p99` are not judged there; the start of the container, `mount`, `secret` and `start another` are not repeated.
- Without a port, a line of the log is a job: `log contains "…"` must hold twice, the second time for a new line, since a start is logged once.
- Persistence needs a GET behind `restart` whose path or body depends on `{run}` or a saved value. It shows the most where its body must hold `{run}`, and nothing behind `restart` up to that GET sends
  `{run}`, a saved value or a cookie from before. Else a container on empty volumes and a fresh database must answer that GET otherwise: 2xx with another body, 404 or 410. With a given database, or
  where another step fails there, the promise is `unproven`.
  A redirect counts as such a GET where its `Location` depends on the value. A worker is given a job by `run … {run}`, and another `run` behind `restart` whose output contains `{run}` shows it.
- Steps that show less leave the promise `unproven` and say what is missing. A step that fails under a limit breaks the promise only where the same steps hold without it.

## Bind a sentence

A comment may also hold a sentence of the vocabulary: the promise stays in its author's words, and is checked as that sentence. Reports show both.

```markdown
- [ ] Nobody is king in there <!-- check: Container runs as non-root user -->
```

Several comments bind it to several sentences, which must all hold, and so must the promise's own sentence where it is understood.
`seaworthy explain SPEC` shows up to three readings of a sentence that is not understood, made of its own values. `--fix` asks which of them is meant (`1 2` where the sentence
promises both) and writes a comment for each; `--fix=suggest` shows what it would write for the nearest sentences of the same kind without asking. A reading is an offer: nothing is
checked before it is chosen.

What only a person can judge, a person may vouch for: who, when, what was seen, and the image, by its digest (12 digits are enough) or its version.

```markdown
- [ ] Backups can be restored <!-- check: by hand: Ann, 2026-11-28, restored last night's backup, 1.4.2 -->
```

That is never a pass: the promise is `pending`, the report names Ann beside it, and for any other image her word says nothing. It counts only where no check understands the
promise. `--complete --accept-vouched` takes such a promise for enough. `--tick` ticks the boxes of the promises that a run has kept, and unticks the others.

## Ids

A promise's id in reports is its section and its sentence in small letters, `success-criteria-image-size-under-200mb`, with `-2`, `-3` for repeats. `<!-- id: NAME -->` on the
item gives it one that stays when the words change: letters, digits, `.`, `_`, `-`, at most 100. So does an identifier in front of the sentence: `SC-1: …`.

## Bounds

A specification is UTF-8, at most 1 MiB, with at most 1000 promises and lists at most 32 deep. One without a promise is an error.
Broken boxes (`- []`), comments and code blocks that are not closed, misspelt headings of promises (`Sucess Criteria`) and boxes hidden in HTML are errors too: nothing that looks like a promise is passed over.
"#;
