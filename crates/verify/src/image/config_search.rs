//! The search of the config and the manifest: environment, labels, commands, history, annotations.

use std::collections::HashSet;

use seaworthy_spec::is_secret_variable;
use serde_json::Value;

use super::Facts;
use super::facts::Place;
use super::secret::{
    CONNECTION, Given, Hit, NAMED, PASSWORD_URL, Scanner, in_shell, in_words, password_in_setting, value_strength,
};

/// What was found, where, and which of the given values.
type Found = (Place, Hit);

impl Facts {
    /// Environment, labels, commands, history, annotations, and the config as a whole.
    pub(super) fn search_config(&mut self, given: &Given) {
        let mut search = ConfigSearch { scanner: Scanner::looking_for(given), found: Vec::new(), given: Vec::new() };
        let config = self.config.clone();
        search.variables(&config.env());
        for (name, value) in config.labels() {
            let place = Place::Label(name.clone());
            search.text(&place, &value);
            if is_secret_variable(&name) && value_strength(&value).is_some() {
                self.suspect(place, "password-like name");
            }
        }
        search.commands(config.value());
        search.history(config.value());
        for (name, value) in annotations(&self.manifest) {
            let place = Place::Annotation(name.clone());
            search.text(&place, &value);
            search
                .found
                .extend(in_shell(&value).into_iter().filter(|hit| hit.kind == NAMED).map(|hit| (place.clone(), hit)));
            if is_secret_variable(&name) {
                let named = value_strength(&value).map(|strength| Hit { strength, kind: NAMED });
                search.found.extend(named.map(|hit| (place, hit)));
            }
        }
        // The rest: members that nobody knows. What was found above is not told twice.
        search.rest(config.bytes());
        let mut told = HashSet::new();
        for found in search.found {
            if told.insert(found.clone()) {
                self.found(found.0, found.1);
            }
        }
        let mut told = HashSet::new();
        for (place, value) in search.given {
            if told.insert((place.clone(), value)) {
                self.found_given(place, given.variable(value));
            }
        }
    }
}

struct ConfigSearch<'g> {
    scanner: Scanner<'g>,
    found: Vec<Found>,
    given: Vec<(Place, usize)>,
}

impl ConfigSearch<'_> {
    /// What the search for forms finds in a text.
    fn text(&mut self, place: &Place, text: &str) -> bool {
        self.scanner.push(text.as_bytes());
        let seen = self.scanner.finish();
        let any = !seen.hits.is_empty();
        self.found.extend(seen.hits.into_iter().map(|hit| (place.clone(), hit)));
        self.given.extend(seen.given.into_iter().map(|value| (place.clone(), value)));
        any
    }

    fn variables(&mut self, variables: &[(String, String)]) {
        for (name, value) in variables {
            let place = Place::Variable(name.clone());
            let before = self.found.len();
            self.text(&place, value);
            // A value that takes effect is judged by a rule of its own.
            let own: Vec<Found> = self.found.drain(before..).filter(|(_, hit)| hit.kind != PASSWORD_URL).collect();
            self.found.extend(own);
            self.found.extend(password_in_setting(value).map(|hit| (place.clone(), hit)));
            let in_options = in_shell(value).into_iter().filter(|hit| hit.kind != CONNECTION);
            let in_options: Vec<Hit> =
                if value.contains('=') || value.contains(' ') { in_options.collect() } else { Vec::new() };
            if self.found.len() == before {
                self.found.extend(in_options.into_iter().map(|hit| (place.clone(), hit)));
            }
            if self.found.len() == before && is_secret_variable(name) {
                self.found.extend(value_strength(value).map(|strength| (place, Hit { strength, kind: NAMED })));
            }
        }
    }

    /// The command, the entrypoint, the health check, the shell, what is done when another image is built on this one.
    fn commands(&mut self, config: &Value) {
        let inner = &config["config"];
        let members = [
            ("the entrypoint", &inner["Entrypoint"]),
            ("the command", &inner["Cmd"]),
            ("the health check", &inner["Healthcheck"]["Test"]),
        ];
        for (name, list) in members {
            let words: Vec<String> =
                list.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
            let place = Place::Command(name);
            for word in &words {
                self.text(&place, word);
            }
            self.found.extend(in_words(&words).into_iter().map(|hit| (place.clone(), hit)));
        }
        for line in inner["OnBuild"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            let place = Place::Command("an instruction for images built on this one");
            self.text(&place, line);
            self.found.extend(in_shell(line).into_iter().map(|hit| (place.clone(), hit)));
        }
    }

    /// What made each layer, who, and what was remarked.
    fn history(&mut self, config: &Value) {
        for (index, entry) in config["history"].as_array().into_iter().flatten().enumerate() {
            let place = Place::History(index + 1);
            for member in ["created_by", "comment", "author"] {
                let text = entry[member].as_str().unwrap_or_default();
                self.text(&place, text);
                self.found.extend(in_shell(text).into_iter().map(|hit| (place.clone(), hit)));
            }
        }
        for member in ["author", "comment"] {
            let text = config[member].as_str().unwrap_or_default();
            self.text(&Place::Config, text);
            self.found.extend(in_shell(text).into_iter().map(|hit| (Place::Config, hit)));
        }
    }

    /// Every text of the config again: what no part above knows is found in the whole.
    fn rest(&mut self, bytes: &[u8]) {
        let known: HashSet<&'static str> = self.found.iter().map(|(_, hit)| hit.kind).collect();
        let given: HashSet<usize> = self.given.iter().map(|(_, value)| *value).collect();
        self.scanner.push(bytes);
        let seen = self.scanner.finish();
        self.found
            .extend(seen.hits.into_iter().filter(|hit| !known.contains(hit.kind)).map(|hit| (Place::Config, hit)));
        self.given
            .extend(seen.given.into_iter().filter(|value| !given.contains(value)).map(|value| (Place::Config, value)));
    }
}

/// The annotations of a manifest.
fn annotations(manifest: &[u8]) -> Vec<(String, String)> {
    let value: Value = serde_json::from_slice(manifest).unwrap_or_default();
    let lists = [&value["annotations"], &value["config"]["annotations"]];
    let layers = value["layers"].as_array().into_iter().flatten().map(|layer| &layer["annotations"]);
    let all = lists.into_iter().chain(layers).filter_map(Value::as_object).flatten();
    all.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect()
}
