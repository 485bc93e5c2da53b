//! Where a service keeps its OpenAPI document: the usual places, and what its own pages name.

use std::time::{Duration, Instant};

use regex::Regex;
use serde_json::Value;

use super::{DOCUMENT_BYTES, OpenApi};
use crate::http::{Request, Response};
use crate::service::Service;

/// Where the frameworks put it, `/openapi.json` aside, which is asked first.
const PLACES: &[&str] = &[
    "/openapi.yaml",
    "/openapi.yml",
    "/api/openapi.json",
    "/api/openapi.yaml",
    "/api/v1/openapi.json",
    "/v1/openapi.json",
    "/docs/openapi.json",
    "/docs/openapi.yaml",
    "/api/docs/openapi.json",
    "/openapi",
    "/openapi/v1.json",
    "/q/openapi",
    "/swagger.json",
    "/swagger.yaml",
    "/api/swagger.json",
    "/api/v1/swagger.json",
    "/swagger/v1/swagger.json",
    "/swagger/doc.json",
    "/v3/api-docs",
    "/v2/api-docs",
    "/api/v3/api-docs",
    "/api-docs",
    "/api-docs.json",
    "/api-docs/swagger.json",
    "/api/api-docs",
    "/api/schema/",
    "/api/schema.json",
    "/schema/",
    "/swagger/?format=openapi",
    "/documentation/json",
    "/docs/json",
    "/docs-json",
    "/api-json",
    "/api/docs-json",
    "/apispec.json",
    "/apispec_1.json",
];
/// Pages that show a document, and scripts that hold one or name it.
const PAGES: &[&str] = &[
    "/docs",
    "/redoc",
    "/api-docs/",
    "/api/docs",
    "/swagger",
    "/swagger-ui/",
    "/swagger-ui.html",
    "/swagger-ui/swagger-initializer.js",
    "/swagger-ui-init.js",
    "/documentation",
    "/apidocs/",
    "/api",
    "/",
];
/// The most documents that pages may name.
const NAMED: usize = 24;
/// How long all of it may take.
const WITHIN: Duration = Duration::from_secs(10);
/// How often a page may send its reader elsewhere.
const REDIRECTS: usize = 3;

/// The service's document, or why none is known: at `place` where one is named, else wherever it may be. `login` says who asks.
pub(crate) fn find(service: &Service<'_>, place: Option<&str>, login: &[(String, String)]) -> Result<OpenApi, String> {
    let search = Search { service, login };
    match place {
        Some(place) => search.at(place).map(|api| search.based(api)),
        None => search.everywhere().map(|api| search.based(api)),
    }
}

/// Requests for a document.
struct Search<'a> {
    service: &'a Service<'a>,
    /// The headers that say who asks.
    login: &'a [(String, String)],
}

impl Search<'_> {
    fn everywhere(&self) -> Result<OpenApi, String> {
        let started = Instant::now();
        let first = self.at("/openapi.json");
        let Err(mut why) = first else { return first };
        // A document that cannot be read tells more than that the first place has none.
        let mut note = |other: String| {
            if other.contains(" is not YAML: ") || other.contains(" is of OpenAPI version ") {
                why = other;
            }
        };
        let mut places = 0;
        let late = || started.elapsed() > WITHIN.max(self.service.within / 3);
        for place in PLACES.iter().take_while(|_| !late()) {
            places += 1;
            match self.at(place) {
                Ok(api) => return Ok(api),
                Err(other) => note(other),
            }
        }
        let mut named: Vec<String> = Vec::new();
        let mut pages: Vec<String> = PAGES.iter().map(|page| (*page).to_owned()).collect();
        let mut next = 0;
        while next < pages.len() && !late() {
            let page = pages[next].clone();
            next += 1;
            let Some((page, text)) = self.read(&page) else { continue };
            if let Some(api) = embedded(&text, &page) {
                return Ok(api);
            }
            for link in links(&text, &page) {
                let is_script = link.split('?').next().is_some_and(|path| path.to_ascii_lowercase().ends_with(".js"));
                let known = if is_script { &mut pages } else { &mut named };
                if !known.contains(&link) && known.len() < PAGES.len() + NAMED {
                    known.push(link);
                }
            }
        }
        for place in named.iter().filter(|place| !PLACES.contains(&place.as_str())).take_while(|_| !late()) {
            places += 1;
            match self.at(place) {
                Ok(api) => return Ok(api),
                Err(other) => note(other),
            }
        }
        if places == 0 {
            return Err(why);
        }
        Err(format!("{why}, and {places} other usual places have no OpenAPI document"))
    }

    fn get(&self, path: &str) -> Request {
        Request { headers: self.login.to_vec(), ..Request::get(path) }
    }

    fn at(&self, place: &str) -> Result<OpenApi, String> {
        let service = self.service;
        let request = self.get(place).at_most(DOCUMENT_BYTES);
        let answer = service.send(&request).map_err(|error| service.clean(&format!("GET {place}: {error}")))?;
        if answer.status != 200 {
            let to = answer.redirects_to().map(|to| format!(" to {}", service.redactor.quote(to))).unwrap_or_default();
            return Err(format!("GET {place} answered {}{to}", answer.status));
        }
        OpenApi::parse(&answer.body, place).map_err(|reason| service.redactor.quote(&format!("{place} {reason}")))
    }

    /// A page's text and where it was in the end.
    fn read(&self, page: &str) -> Option<(String, String)> {
        let mut page = page.to_owned();
        for _ in 0..REDIRECTS {
            let answer: Response = self.service.send(&self.get(&page).at_most(DOCUMENT_BYTES)).ok()?;
            match answer.redirects_to() {
                Some(to) => page = resolved(to, &page)?,
                None if answer.status == 200 => return Some((page, answer.text())),
                None => return None,
            }
        }
        None
    }

    /// Without the first server's path where the service does not have it: a proxy before it may take that away.
    fn based(&self, mut api: OpenApi) -> OpenApi {
        if api.base.is_empty() {
            return api;
        }
        let (collections, _) = api.collections();
        let listed = collections.iter().find(|collection| collection.list.is_some() && !collection.is_inside_another());
        if let Some(listed) = listed {
            let status =
                |path: &str| self.service.send(&self.get(path)).map(|answer| answer.status).unwrap_or_default();
            if status(&api.path(&listed.path)) == 404 && !matches!(status(&listed.path), 0 | 404) {
                api.base = String::new();
            }
        }
        api
    }
}

/// A document that stands in a script itself.
fn embedded(text: &str, page: &str) -> Option<OpenApi> {
    let from = text.find("\"swaggerDoc\":").map(|at| at + "\"swaggerDoc\":".len())?;
    let mut values = serde_json::Deserializer::from_str(&text[from..]).into_iter::<Value>();
    OpenApi::of(values.next()?.ok()?, page).ok()
}

/// What a page names that could be a document, or a script that names one.
fn links(text: &str, page: &str) -> Vec<String> {
    const QUOTED: &str = r#"["'`]([^"'`\s<>\\]{1,300})["'`]"#;
    const NAMES: &[&str] =
        &["openapi", "swagger", "api-docs", "apispec", "schema", "api.json", "docs-json", "spec.json"];
    let Ok(quoted) = Regex::new(QUOTED) else { return Vec::new() };
    let mut found: Vec<String> = Vec::new();
    for captures in quoted.captures_iter(text) {
        let link = &captures[1];
        let lower = link.to_ascii_lowercase();
        let path = lower.split(['?', '#']).next().unwrap_or_default();
        let is_script = path.ends_with("swagger-initializer.js") || path.ends_with("swagger-ui-init.js");
        let before = &text[..captures.get(0).map_or(0, |whole| whole.start())];
        let before = before.trim_end().trim_end_matches([':', '=']).trim_end().trim_end_matches(['"', '\'']);
        let is_named = before.ends_with("url") || before.ends_with("spec-url");
        let is_asset = [".js", ".css", ".png", ".svg", ".ico", ".map", ".html"].iter().any(|end| path.ends_with(end));
        let is_document = !is_asset && (is_named || NAMES.iter().any(|name| path.contains(name)));
        if (is_script || is_document)
            && let Some(place) = resolved(link, page)
            && !found.contains(&place)
        {
            found.push(place);
        }
        if found.len() >= NAMED {
            break;
        }
    }
    found
}

/// A link as a path of the same service; `None` where it leads elsewhere.
fn resolved(link: &str, page: &str) -> Option<String> {
    let path = match link.split_once("://") {
        Some((scheme, rest)) => {
            let host = rest.split(['/', ':']).next().unwrap_or_default();
            let here = matches!(host, "localhost" | "127.0.0.1" | "0.0.0.0") && scheme.starts_with("http");
            if !here {
                return None;
            }
            rest.find('/').map_or("/", |at| &rest[at..]).to_owned()
        }
        None if link.starts_with("//") || link.contains(':') => return None,
        None if link.starts_with('/') => link.to_owned(),
        None => {
            let folder = page.split(['?', '#']).next().unwrap_or_default();
            let mut folder = folder[..=folder.rfind('/')?].to_owned();
            let mut rest = link.trim_start_matches("./");
            while let Some(above) = rest.strip_prefix("../") {
                folder = folder[..=folder.trim_end_matches('/').rfind('/')?].to_owned();
                rest = above;
            }
            format!("{folder}{rest}")
        }
    };
    path.is_ascii().then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_names_its_document() {
        for (page, text, expected) in [
            ("/docs", "SwaggerUIBundle({ url: '/v1/openapi.json', dom_id: '#ui' })", "/v1/openapi.json"),
            ("/redoc", r#"<redoc spec-url="/special.yaml?x=1"></redoc>"#, "/special.yaml?x=1"),
            (
                "/swagger-ui/index.html",
                r#"<script src="./swagger-initializer.js"></script>"#,
                "/swagger-ui/swagger-initializer.js",
            ),
            ("/swagger-ui/swagger-initializer.js", r#"urls: [{"url": "../v3/docs", "name": "x"}]"#, "/v3/docs"),
            ("/", r#"<a href="http://localhost:8000/my/openapi">API</a>"#, "/my/openapi"),
        ] {
            assert_eq!(links(text, page), [expected], "{text}");
        }
        for text in ["url: 'https://elsewhere.example/openapi.json'", "src='swagger-ui.css'", "nothing"] {
            assert_eq!(links(text, "/docs"), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn a_document_inside_a_script_is_read() {
        let script = "window.onload = function() {\n  var options = {\n  \"swaggerDoc\": {\"openapi\": \"3.0.0\", \"paths\": {}},\n  \"customOptions\": {}\n};";
        assert_eq!(embedded(script, "/api-docs/swagger-ui-init.js").unwrap().place, "/api-docs/swagger-ui-init.js");
        assert!(embedded("\"swaggerDoc\": {", "/").is_none());
    }
}
