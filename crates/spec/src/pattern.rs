//! Patterns: the form in which the vocabulary writes its sentences.
//!
//! A pattern is words with `{parameters}`, `[optional parts]` and `(one|of|these)`; `<name>` stands for a shared part,
//! and `!flag` is no word but a note for the entry that this way was taken.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::parameter::{self, Value};
use crate::sentence::Token;
use crate::vocabulary::vocabulary;

/// Parts that many entries share, in normalised words ([`crate::normalise`]): no articles, no `must` or `is`, plurals as singulars.
const SHARED: &[(&str, &str)] = &[
    (
        "<container>",
        "([docker|running|whole] (container|<image>)|[running|whole] (service|app|application|api|server|process|program|worker|daemon|backend|website|web server|web app|web application|workload|it))",
    ),
    (
        "<service>",
        "(docker container|container|service|app|application|api|server|process|program|worker|daemon|backend|website|web server|web app|web application|it)",
    ),
    (
        "<image>",
        "[final|last|same] [docker|container|built|production|resulting|runtime|release|shipped|published|oci] image",
    ),
    (
        "<in-image>",
        "(in|inside|within|into|from|of|inside of) (<image>|[any|<image>] layer|any <image> layer|container|any layer of <image>|layer of <image>)",
    ),
    ("<not>", "not"),
    (
        "<under>",
        "(under|below|at most|less than or equal to|less or equal to|not cross|not weigh more than|not pass|occupy at most|not be larger than|fit in|fit into|fit within|less than|lesser than|smaller than|lower than|no more than|not more than|no larger than|not larger than|no bigger than|not bigger than|up to|no fatter than|max|maximum|maximal|maximum of|inferior to|max of|not exceed|not above|not over|limited to|capped at|<|<=|≤)",
    ),
    (
        "<at-most-size>",
        "(<under> {size}|{size} [,] (max|maximum|or less|or smaller|or below|at most|at very most|tops|not more|no more|and no more))",
    ),
    (
        "<within>",
        "(within|in <=|in <|in ≤|no later than|not later than|inside of|inside|in under|in less than|in at most|in no more than|in max|in maximum|in|under|below|less than|at most|not more than|no more than|no longer than|not longer than|max|maximum|<|<=|≤)",
    ),
    ("<health-check>", "(health check|healthcheck|health-check)"),
    ("<env>", "(environment|env) [variable|var]"),
    ("<by-env>", "(via|through|by|with|from|using|in|over) <env>"),
    ("<given>", "(passed|provided|given|set|supplied|furnished|handed over|injected|read|taken|loaded|come|passed in)"),
    ("<runtime>", "(runtime|run time|run-time)"),
    (
        "<from-env>",
        "(<given> [only] [as|by|via|through|from|in|with] <env>|[only] [from|via|through] <env>) [only] [at <runtime>]",
    ),
    (
        "<hardcoded>",
        "(hardcoded|hard-coded|hard-wired|embedded in <image>|in code|written into <image>|baked in|baked into <image>|baked|in <image>)",
    ),
    ("<using>", "(with|using|via|through|by|from|given|at|in) [provided|given|configured|supplied]"),
    ("<root-fs>", "(root filesystem|root file system|rootfs|root fs|filesystem|file system|root|fs) [of <service>]"),
    ("<read-only>", "(read-only|read only|readonly)"),
    (
        "<writable>",
        "([,] (except|except for|apart from|but|save for) [only|one] [writable|tmpfs on|tmpfs at|tmpfs for|writable tmpfs at] {paths} [writable|as tmpfs]|[,] (with|and|plus) [only|one] ((writable|tmpfs on|tmpfs at|tmpfs for|writable tmpfs at) {paths} [writable]|{paths} (writable|as tmpfs)))",
    ),
    (
        "<without-var>",
        "(without|if no|when no|in absence of) [variable|environment variable] {var} [set|being set|in environment]",
    ),
    (
        "<missing-var>",
        "(when|if) {var} (missing|not set|unset|absent|not given|not provided|not defined|undefined|not there|not present)",
    ),
    ("<unless-var>", "unless {var} (set|given|provided)"),
    ("<no-var>", "(<without-var>|<missing-var>|<unless-var>)"),
    (
        "<refuse>",
        "((refuse|fail|decline) (to start|to run|to boot|to come up|to launch|to work|startup|at startup|on startup)|not (start|run|boot|come up)|cannot (start|run)|can't (start|run)|can not (start|run)|exit|stop|terminate|crash|abort|fail|fail fast !fast|quit)",
    ),
    (
        "<with-default>",
        "(default to|default|default value|defaulting to|with default|with default of|with default value|with default value of|by default) [:] {value}",
    ),
    (
        "<requests>",
        "(ongoing request|request in flight|request in progress|request still in progress|request already in flight|in-flight request|in flight request|open request|running request|request|outstanding request|pending request|active request|active connection|open connection)",
    ),
    ("<stop>", "(stop|shut down|shutdown|shutting down)"),
    (
        "<on-signal>",
        "(on|after|of|upon|to|at|with|of receiving|of receipt of|of getting|following receipt of|upon reception of|on reception of|when receiving|when (docker|engine|kubernetes|kubelet|orchestrator) send|when <service> [receive]|when it receive|on receiving|after receiving|upon receiving|after receipt of|on receipt of|upon receipt of|in response to|after signal|on signal|at signal|of receiving signal|upon signal) {signals} [signal] [and on {more-signals}]",
    ),
    (
        "<ca>",
        "((ca|root|root ca|trusted root) (certificates|certs|certificate bundle|cert bundle|bundle)|ca-certificates|ca-bundle)",
    ),
    (
        "<binary>",
        "[all !all|every !all] [final|service|server|app|application|main|go|rust|compiled|release|single|own] (binary|executable)",
    ),
    ("<own-binary>", "[service|server|app|application|main|go|rust|compiled|release] (binary|executable)"),
    (
        "<multi-arch>",
        "(multi-arch|multiarch|multi-architecture|multi-platform|multi arch|multi platform) [docker|container] [image|manifest|index]",
    ),
    ("<sbom>", "[spdx !spdx|cyclonedx !cyclonedx] (sbom|software bill of material) [attestation|document]"),
    ("<command-part>", "(<part>|<part> (and|or|/) <part>|(entrypoint/cmd|cmd/entrypoint) !entrypoint !command)"),
    ("<part>", "((entrypoint|entry point) !entrypoint|(cmd|command|start command) !command)"),
    ("<memory>", "[main|system|resident] (memory|ram)"),
    ("<stdout>", "[to|on|in|go to|goes to] (stdout|standard output|standard out)"),
    (
        "<transfer>",
        "[when|as|once|after being] (transfer|to transfer|transferred|compressed|downloaded|to download|gzipped) !transfer",
    ),
    ("<unpacked>", "[when|once|counted|after being] (unpacked|uncompressed|decompressed|on disk|extracted) !unpacked"),
    ("<measure>", "(<transfer>|<unpacked>)"),
    ("<secret>", "(secret|credential|password|api key|key|token|private key|sensitive value)"),
    ("<secrets>", "<secret> [[,] (or|and|,|nor) <secret>] [[,] (or|and|,) <secret>] [[,] (or|and|,) <secret>]"),
    ("<non-root>", "(non-root|nonroot|non root)"),
    ("<works>", "(work|working|functional|function|succeed|pass) [fine]"),
    (
        "<restart>",
        "[even] [across|through|over|after|between|a|any|on|upon|when|although|beyond] [container|service|server|app|pod|docker] (restart|restarted|restarting|recreation|recreated|restart of <service>|restarting <service>|recreating <service>)",
    ),
    // How the service runs: users, times, restarts, logs.
    (
        "<process>",
        "[main|application|app|service|server|container|web|worker|single|running] (process|command|entrypoint process)",
    ),
    (
        "<run-as>",
        "(run|running|execute|executed|started|start|operate|operated|work|working|launched|boot) (as|under|with|from|by|using)",
    ),
    ("<uid>", "[numeric] (uid|user id|userid|user identifier)"),
    (
        "<root>",
        "(root [user|account|privilege|right|permission]|[effective] (uid|user id|userid) 0|uid0|superuser [right|privilege])",
    ),
    (
        "<soon>",
        "((<within>|within at most|within max|within maximum|within maximum of|within no more than|in not more than|in no longer than|in not longer than|not over|before|by|at latest|at latest after|after at most|after no more than|after not more than|after max|after maximum of|all inside|all within|with maximum of|with maximum wait of|with max wait of|with limit of|in|under|below|of no more than|of at most|of less than) {time}|{time} [,] (at most|max|maximum|or less|or faster|or sooner|or quicker|at latest|tops|limit|at longest|at very most|and no more))",
    ),
    (
        "<of-start>",
        "[counted|measured] (of|after|from|since|following) [<service>|<container's>] (start|startup|start up|starting|starting <service>|launch|launching|launch of <service>|start of <service>|boot|docker run|being started|started|begin started|docker run command|startup of <service>|run)",
    ),
    ("<container's>", "(container's|service's|app's|application's|server's|process's)"),
    (
        "<once-up>",
        "(once|as soon as|after|when) <service> (start|started|have started|up|running|up and running|run|have booted|booted)",
    ),
    // What the service does for its clients.
    (
        "<operation>",
        "((create|created|creating|creation|add|added|adding|post) !create|(read|reading|retrieve|retrieved|retrieving|fetch|fetched|fetching|view|viewed|viewing|get|getting|show|shown|look up|looked up|looking up) !read|(list|listed|listing) !listed !read|(update|updated|updating|edit|edited|editing|change|changed|changing|modify|modified|modifying|put|patch|patched) !update|(delete|deleted|deleting|deletion|remove|removed|removing) !delete)",
    ),
    ("<operation-mark>", "(,|, and|and|/)"),
    (
        "<operations>",
        "<operation> <operation-mark> <operation> <operation-mark> <operation> <operation-mark> <operation> [<operation-mark> <operation>]",
    ),
    (
        "<connect>",
        "[can|successfully] (connect|connected|talk|reach|speak|open connection|establish connection|have connection|log in|login|establish [its] database connection|make connection) [successfully|happily]",
    ),
    (
        "<given-by>",
        "[only|exclusively|solely] (via|through|by|with|using|from|over|by way of|by means of|taken from|given in|given by|named by|named in|configured by|configured through|configured via|configured with|configured in|configured using|specified in|specified by|defined in|defined by|set in|set by|set via|passed in|passed via|provided in|provided by|provided via|at|at address in|by address (what|that|which) in|whose (address|url|dsn) in|using connection string (in|from)|with connection string (in|from)|at url in) [environment variable|env variable|env var|variable] {var} [environment variable|env variable|env var|variable]",
    ),
    (
        "<dependency>",
        "[external|existing|shared|company|managed] [{owner}] [existing] {dependency} [database|db|server|instance|cluster|broker|cache|queue|service|store]",
    ),
    (
        "<kept>",
        "([still|all|fully] (persist|persisted|survive|kept|preserved|retained|conserved|stored permanently)|(remain|stay|still|keep|continue|staying|remaining|all still) [(still|fully|all|in|on|at|to be)] (preserved|there|available|present|intact|retrievable|readable|accessible|place|existing|stored|reachable|unchanged|kept|saved|listed|visible)|remain|stay|still there|can [still] (read|retrieved|read back|fetched)|there [again]|come back)",
    ),
    ("<made>", "(created|taken|placed|made|stored|saved|written|entered|added|submitted|recorded|uploaded|accepted)"),
    (
        "<restart-noun>",
        "[any|a|each|every] ([container|service|server|app|pod|application] restart [of <service>]|restart of <service>|recreation of <service>)",
    ),
    (
        "<after-restart>",
        "(<restart>|(100% of|all|every|each) [container|service|server|app|pod] restart|[even] (across|through|over|after|between|on|when|although|beyond|if|once|following|despite|whenever) [100% of|all|every|each|any|several|multiple|repeated] [container|service|server|app|pod|application] restart [of <service>]|[even] (after|when|if|once|whenever|although) <service> [was|have] [again] (restarted|restart|stopped and started again|stopped and restarted|stopped and started|killed and restarted|recreated|replaced|removed and recreated|killed)|[even] (after|when|if|once|whenever) (you|we|i|somebody|someone) (restart|recreate|stop and start|kill and restart|replace|delete|remove) <service>|[even] (after|when|if|once|whenever) <service> (deleted|removed)|[across|after|through] docker compose down (&&|and) [docker compose] up [-d] [again]|[across|after|through] docker compose up [-d] --force-recreate|<service> (restarted|restarting|recreated))",
    ),
    // Settings.
    ("<variable>", "(environment variable|env variable|env var|variable|env|environment)"),
    (
        "<taken>",
        "([only|exclusively|solely] (taken|read|come|obtained|fetched|loaded|supplied|set|configured|provided|given|passed|passed in|injected|sourced|delivered|stem|handed in) [only|exclusively|solely] [in] (from|via|through|by|as|in))",
    ),
    (
        "<nowhere-else>",
        "(<not> <hardcoded>|<not> (hardcoded|hard-coded|hard-wired|baked in|embedded|compiled in) [(anywhere|in (code|source|source code|{file}|<image>|any layer)|into (<image>|code|source code|binary))] [anymore|any more|any longer]|<not> (appear|stand|live|occur|written) [anywhere] in (code|source|source code|{file}|<image>)|(no|without) (hardcoded|hard-coded|hard-wired) (host|value|url|address|default|dsn|connection string|key|token|password|secret|credential|hostname) [anywhere|in code|in <image>|in source code]|(<not>|rather than|instead of) [from|in|through] ({file}|code|source code|<image>|config file|file)|nothing hardcoded|<not> (part of|inside|stored in|copied into|written to|baked into) (<image>|[any|<image>] layer)|nowhere in (code|source|source code|<image>|repository)|(no|no more|without) (hardcoded|hard-coded) {hosts})",
    ),
    (
        "<changeable>",
        "((can|may|could) [be] (configured|overridden|changed|altered|modified|set|adjusted|tuned|customized|overwritten|given|chosen)|configurable|overridable|adjustable|tweakable|settable|changeable|tunable|customizable|possible to (change|configure|override|set|adjust)|(changed|overridden|adjusted|tuned|configurable))",
    ),
    (
        "<otherwise>",
        "([(and|or|but)] [it] (fall back|falling back|fallback|drop back|revert) to {value}|(with|,|and|:) [a] (fallback|default|standard value|standard) [value] [of|:|=] {figure}|(standard|default|fallback) {figure}|(otherwise|else|failing which|failing that|without it|if unset|if not set|when unset|when not set|if missing|if absent|if it unset|if it not set|when it unset|if not given) [(use|it use)] {figure} [(used|assumed|taken|apply)]|(otherwise|else|failing which|failing that|without it|if unset|if not set|when unset|when not set|if missing|if absent) [(use|it use|assume|it assume)] {value} (used|assumed|taken|apply)|(otherwise|else|failing which|failing that|without it|if unset|if not set|when unset|when not set) (use|it use|assume|it assume) {value}|({figure}|{value}) (used|assumed|taken|apply) (otherwise|if unset|if not set|when unset|when not set|if it unset|if it not set|if missing)|{figure} (if unset|if not set|when unset|when not set|unless set|otherwise|if it unset|if missing)|by default [=] {figure}|[whose|its] default [value] [of|:|=] {figure})",
    ),
    (
        "<absent>",
        "(missing|not set|unset|absent|not given|not provided|not defined|undefined|not there|not present|not supplied|not passed|lacking|not configured|not available)",
    ),
    (
        "<absent-it>",
        "((if|when|whenever|where|in case|should) (it|it's|that variable|variable|that|they|value) <absent>|without it|if <absent>|when <absent>)",
    ),
    (
        "<refuses>",
        "(<refuse>|(boot|start|startup|launch) (abort|fail|refused|stop|terminate|aborted|impossible)|abort (boot|start|startup|launch)|(terminate|exit|quit|stop|abort|fail) immediately|<not> (boot|come up|launch|start up)|(die|bail out|shut down))",
    ),
    // Starting and stopping.
    (
        "<up>",
        "(start|starting|started|start up|starting up|boot|booting|boot up|booted|come up|coming up|spin up|launch|launched|live|online|up and running|up and ready|up and healthy|up|operational|running|(begin|start) [to] (accept|accepting|serve|serving|take|taking|handle|handling|answer|answering|respond to|responding to) [its|first|http] (request|traffic|connection|call|client)|[become|report|be] [fully] ready [(to (serve|accept|take|handle|answer|process|work|use|consume|go)|for|to) [its|first|http|incoming] [request|traffic|connection|order|client|work|call|user]]|[become] (available|reachable|responsive|accessible) [(to|for) (client|request|traffic|user)])",
    ),
    (
        "<on-port>",
        "([begin|start] (listen|listening|serve|serving|bind|bound|accept|accepting|accept connection|accepting connection|accept request|accepting request|accept traffic|accepting traffic|take request|taking request|take connection|serve request|serving request|serve traffic|serving traffic|serve http|serving http|accept http request|accept tcp connection|accepting tcp connection|take traffic|http served|answer request|answering request) (on|at|to|in) [tcp|http|container] [port] {port}|(listen|bind) [to] [tcp] port {port}|(answer|answering|respond|responding|available|reachable|reachable from outside|accessible|can reached|served|offered|open|up) (on|at|through|over|via|under) [tcp|http|container] port {port})",
    ),
    (
        "<end>",
        "(<stop>|exit|terminate|quit|end|close|close down|exited|process gone|gone|process (exit|stop|end|terminate|gone)|<container> (exit|stop|end|terminate|gone|shut down)) [gracefully|cleanly|orderly|normally]",
    ),
    (
        "<finishing>",
        "((finish|finished|finishing|complete|completed|completing|drain|drained|draining|answer|answered|answering|serve|served|serving|let finish|wait for) what it [have] (begun|started)|(finish|finished|finishing|complete|completed|completing|drain|drained|draining|answer|answered|answering|serve|served|serving|let finish|wait for) [all|every|its|open|any|already|remaining] (<requests>|in-flight|in flight|in-flight work|work in flight)|[all|every|any|remaining] <requests> [to] (finish|finished|complete|completed|drain|drained|answered|served|done|handled|can finish|allowed to finish|allowed to complete|processed|given time to finish)|no [in-flight|open|running|accepted] request (lost|dropped|cut off|aborted|interrupted|killed|fail))",
    ),
    (
        "<size-limit>",
        "(capped at|limited to|stay within|remain within|bounded by|not exceed|kept under|kept below|within|tops out at|peak at|max out at) {size}",
    ),
    (
        "<exit-zero>",
        "[<service>|process] ((exit|terminate|end|stop) [with] [exit] [code|status] 0|(exit code|exit status|exit-code|status) [:|=|of] 0|zero exit [code|status]|exit (code|status) zero) !zero",
    ),
    (
        "<img>",
        "(<image>|[final|last|finished|pushed|released|delivered|deployed|whole|shipped|published|production|runtime|release|runnable|resulting] [docker|container|oci|production|runtime|service|app|application|release] [docker|container|runtime] image|[final|released|production] (docker|container|oci) artifact)",
    ),
    ("<stage>", "(final|last|runtime|production|runner|release|run) (stage|build stage|image stage)"),
    (
        "<in-img>",
        "(<in-image>|[anywhere] (in|inside|within|into|from|of|inside of) [any] (<img>|<stage>|[of] (what|everything) (we|you|i) (ship|deliver|deploy|publish)|what [we] shipped|(every|any|all) [other|single] layer [of <img>]|[any|<img>] layer of <img>))",
    ),
    ("<no>", "(no|without|without any|zero|free of|free from|neither|not single|not one|no kind of|no trace of)"),
    (
        "<limit>",
        "(<at-most-size>|(<=|≤|smaller than or equal to|smaller or equal to|at or below|at or under|not larger then|not more then|less then|not heavier than|no heavier than|not take more than|not take up more than|not occupy more than|not weigh over|not go over|not go above|not go beyond|not grow beyond|not grow past|not grow over|not grow larger than|not get larger than|not bigger then|not over|beneath|within|at max|cannot exceed|can not exceed|may not exceed|cannot larger than|cannot bigger than|may not larger than|may not bigger than|not exceed size of|not exceed limit of|not exceed budget of|upper limit of|limit of) {size}|{size} [,] (or under|or lower|or lighter|at most|at maximum|as maximum|max.|limit|upper limit|maximum|hard limit|ceiling|or fewer))",
    ),
    (
        "<size-in>",
        "(<measure>|(to|as|when|image) download !transfer|download size !transfer|[as] [stored|held|reported|shown|listed|displayed|measured|seen|given] (in|by|on) [docker|container|image] registry !transfer|(over|on) wire !transfer|when pulled !transfer|to pull !transfer|(after|when|once) [being] (unpacking|extraction|extracting|decompression|decompressing|unpacked|extracted|decompressed) !unpacked|without compression !unpacked|after compression !transfer|with compression !transfer)",
    ),
    (
        "<baked-secret>",
        "([hardcoded|embedded|plaintext|plain-text|sensitive|real|production] [aws|api|ssh|tls|ssl|gpg|gcp|azure|cloud|encryption|signing|access|secret|session|jwt|oauth|deploy|deployment|registry|github|private] (secret|credential|password|passphrase|api key|key|token|private key|secret key|access key|access token|sensitive value))",
    ),
    (
        "<baked-secrets>",
        "<baked-secret> [[,] (or|and|,|nor) [no|any] <baked-secret>] [[,] (or|and|,|nor) [no|any] <baked-secret>] [[,] (or|and|,|nor) [no|any] <baked-secret>] [[,] (or|and|,|nor) [no|any] <baked-secret>]",
    ),
    (
        "<exist-in>",
        "(included|present|installed|shipped|available|part|contained|found|kept|left|left behind|left over|bundled|stored|packed|baked|baked in|copied|copied in|copied over|committed|embedded|written|placed|put|hidden|there|exist|appear|show up|end up|land|wind up|make it|find its way|find their way|get|sit|lie|remain|stay|recoverable|extractable|retrievable|readable|discoverable|visible|exposed|leaked)",
    ),
    (
        "<there>",
        "(included|present|installed|shipped|available|part|contained|found|kept|left|left behind|left over|bundled|stored|baked in|copied|copied in|committed|embedded|placed|put|there|exist|appear|show up|end up|land|wind up|make it|find its way|find their way|sit|lie|remain|stay)",
    ),
    ("<suid>", "(setuid|suid|set-uid|setuid/setgid|suid/sgid|setuid-root) [(or|and|/|nor) (setgid|sgid|set-gid)]"),
    (
        "<own-program>",
        "(<own-binary>|[manager|controller|operator|agent|worker|server|daemon|cli|service|app|application|main|api|backend|shipped|resulting|c|c++|zig|our] (binary|executable|program))",
    ),
    (
        "<same-build>",
        "(give|yield|produce|result in|lead to|create|generate|have|end in|end up with|come out with|deliver|return|arrive at|obtain) [exactly|always] (same|identical|bit-identical|byte-identical|bit-for-bit identical|byte-for-byte identical|bit for bit identical|byte for byte identical) [image|docker image|oci image|<img>|manifest|content] (digest|hash|image|sha256|checksum|image id|id)",
    ),
    (
        "<cas>",
        "(<ca>|(ca|trusted ca|trusted|system ca|system root|public ca|tls root|tls ca|root ca|mozilla|mozilla ca) (certificate|cert|certificate bundle|cert bundle|bundle|store|trust store|certificate store)|trust store|system trust store|certificate authority bundle|certificate authorities|root cert store)",
    ),
    (
        "<bill>",
        "([spdx !spdx|cyclonedx !cyclonedx] [json] (sbom|software bill of material|bill of material|sbom (attestation|document|file)) [(sbom|attestation|document|file)] [[in|as] [spdx !spdx|cyclonedx !cyclonedx] [json] (format|document|json)])",
    ),
    (
        "<listen>",
        "(answer|respond|listen|listening|serve|serving|reachable|available|accept connection|accessible) (on|at) [tcp] [port]",
    ),
    ("<other-machine>", "(different|another|second|1 second|other|separate) (machine|host|computer|server|laptop)"),
    (
        "<pushed>",
        "(pushed|published|uploaded|push|publish|upload|released|delivered|distributed|shipped|land|end up|go) (to|in|on|under|at|as)",
    ),
];

/// The number of a word of the vocabulary.
pub(crate) fn number(word: &str) -> Option<u16> {
    static NUMBERS: LazyLock<HashMap<&'static str, u16>> = LazyLock::new(|| {
        let mut words = Vec::new();
        for part in vocabulary().flat_map(|entry| entry.forms.iter().copied().flatten().chain(entry.extras)) {
            split(part, &mut words);
        }
        words.sort_unstable();
        words.dedup();
        words.into_iter().zip(1..).collect()
    });
    NUMBERS.get(word).copied()
}

/// The parts that many patterns share, for the reference page.
pub(crate) fn shared_parts() -> &'static [(&'static str, &'static str)] {
    SHARED
}

/// A compiled pattern.
#[derive(Debug)]
pub(crate) struct Pattern {
    text: &'static str,
    parts: Vec<Part>,
    /// The words with which it can begin; `None` where a parameter can stand first.
    first: Option<Words>,
    /// Sets of words of each of which a sentence must have one.
    needed: Vec<Words>,
}

/// A set of words of the vocabulary, a bit for each number.
#[derive(Debug, Default)]
pub(crate) struct Words(Vec<u64>);

impl Words {
    /// The words of a sentence.
    pub(crate) fn of(tokens: &[Token]) -> Self {
        let mut words = Self::default();
        tokens.iter().flat_map(Token::numbers).for_each(|number| words.add(number));
        words
    }

    fn add(&mut self, number: u16) {
        let at = usize::from(number / 64);
        self.0.resize(self.0.len().max(at + 1), 0);
        self.0[at] |= 1 << (number % 64);
    }

    fn has(&self, number: u16) -> bool {
        self.0.get(usize::from(number / 64)).is_some_and(|bits| bits & (1 << (number % 64)) != 0)
    }

    /// Whether a word of the vocabulary is none of these.
    pub(crate) fn lacks(&self, token: &Token) -> bool {
        let mut numbers = token.numbers().peekable();
        numbers.peek().is_some() && !numbers.any(|number| self.has(number))
    }

    fn meets(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).any(|(a, b)| a & b != 0)
    }
}

#[derive(Debug)]
enum Part {
    /// By its number.
    Word(u16),
    Parameter(&'static str, parameter::Read),
    Flag(&'static str),
    OneOf(Vec<Branch>),
}

/// One of the ways in which a sentence may go on.
#[derive(Debug)]
struct Branch {
    parts: Vec<Part>,
    first: First,
}

/// What a branch can begin with: most are left out by a look at one word.
#[derive(Debug)]
enum First {
    Word(u16),
    Words(Words),
    /// It may be empty, or begin with a parameter.
    Any,
}

impl Branch {
    fn new(parts: Vec<Part>) -> Self {
        let mut words = Words::default();
        let first = match parts.first() {
            Some(Part::Word(word)) => First::Word(*word),
            _ if begins(&parts, &mut words) == Some(false) => First::Words(words),
            _ => First::Any,
        };
        Self { parts, first }
    }

    /// Whether it may go on with this word.
    fn may_begin_with(&self, token: Option<&Token>) -> bool {
        match &self.first {
            First::Word(word) => token.is_some_and(|token| token.has(*word)),
            First::Words(words) => token.is_some_and(|token| token.numbers().any(|number| words.has(number))),
            First::Any => true,
        }
    }
}

/// What a pattern found in a sentence.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Found(Vec<(&'static str, Value)>);

impl Found {
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Adds what another part of the sentence said; false where it says something else about the same thing.
    pub(crate) fn join(&mut self, other: Self) -> bool {
        for (name, value) in other.0 {
            match self.get(name) {
                Some(known) if *known != value => return false,
                Some(_) => {}
                None => self.0.push((name, value)),
            }
        }
        true
    }
}

impl Pattern {
    /// Compiles a pattern of the vocabulary.
    ///
    /// # Panics
    ///
    /// On a pattern with a mistake in it; a test compiles them all.
    pub(crate) fn new(pattern: &'static str) -> Self {
        let mut words = Vec::new();
        split(pattern, &mut words);
        let mut at = 0;
        let parts = sequence(&words, &mut at);
        assert!(at == words.len(), "unbalanced pattern: {pattern}");
        let mut words = Words::default();
        let first = begins(&parts, &mut words).map(|_| words);
        let needed = parts.iter().filter_map(needed).collect();
        Self { text: pattern, parts, first, needed }
    }

    /// As the vocabulary writes it.
    pub(crate) fn text(&self) -> &'static str {
        self.text
    }

    /// Adds its words, and the names of its parameters.
    pub(crate) fn collect(&self, words: &mut Words, parameters: &mut Vec<&'static str>) {
        collect(&self.parts, words, parameters);
    }

    /// Whether it may be among these words.
    pub(crate) fn may_begin(&self, words: &Words) -> bool {
        self.first.as_ref().is_none_or(|first| first.meets(words)) && self.needed.iter().all(|set| set.meets(words))
    }

    /// The ends of all beginnings of the sentence that are the pattern's, and what was found there.
    pub(crate) fn ends(&self, tokens: &[Token]) -> Vec<(usize, Found)> {
        if let (Some(first), Some(token)) = (&self.first, tokens.first())
            && !token.numbers().any(|number| first.has(number))
        {
            return Vec::new();
        }
        follow(&self.parts, tokens, vec![(0, Found::default())])
    }
}

fn collect(parts: &[Part], words: &mut Words, parameters: &mut Vec<&'static str>) {
    for part in parts {
        match part {
            Part::Word(word) => words.add(*word),
            Part::Parameter(name, _) => parameters.push(name),
            Part::Flag(_) => {}
            Part::OneOf(branches) => branches.iter().for_each(|branch| collect(&branch.parts, words, parameters)),
        }
    }
}

/// The words of which a part needs one; `None` where it can be empty or be a parameter.
fn needed(part: &Part) -> Option<Words> {
    let mut words = Words::default();
    (begins(std::slice::from_ref(part), &mut words) == Some(false)).then_some(words)
}

/// Collects the words with which parts can begin. Returns whether they can be empty; `None` where a parameter can stand first.
fn begins(parts: &[Part], words: &mut Words) -> Option<bool> {
    for part in parts {
        match part {
            Part::Word(word) => {
                words.add(*word);
                return Some(false);
            }
            Part::Parameter(..) => return None,
            Part::Flag(_) => {}
            Part::OneOf(branches) => {
                let mut can_be_empty = false;
                for branch in branches {
                    can_be_empty |= begins(&branch.parts, words)?;
                }
                if !can_be_empty {
                    return Some(false);
                }
            }
        }
    }
    Some(true)
}

fn follow(parts: &[Part], tokens: &[Token], mut ways: Vec<(usize, Found)>) -> Vec<(usize, Found)> {
    for part in parts {
        let mut next: Vec<(usize, Found)> = Vec::new();
        let mut keep = |end: usize, found: Found| {
            if !next.iter().any(|(known, _)| *known == end) {
                next.push((end, found));
            }
        };
        for (at, found) in ways {
            match part {
                Part::Word(word) if tokens.get(at).is_some_and(|token| token.has(*word)) => keep(at + 1, found),
                Part::Word(_) => {}
                Part::Flag(name) => {
                    let mut found = found;
                    if found.join(Found(vec![(name, Value::Flag)])) {
                        keep(at, found);
                    }
                }
                Part::Parameter(name, read) => {
                    for (length, value) in read(&tokens[at..]) {
                        let mut found = found.clone();
                        if found.join(Found(vec![(name, value)])) {
                            keep(at + length, found);
                        }
                    }
                }
                Part::OneOf(branches) => {
                    for branch in branches.iter().filter(|branch| branch.may_begin_with(tokens.get(at))) {
                        for (end, found) in follow(&branch.parts, tokens, vec![(at, found.clone())]) {
                            keep(end, found);
                        }
                    }
                }
            }
        }
        ways = next;
        if ways.is_empty() {
            break;
        }
    }
    ways
}

/// The pieces of a pattern: words, and the marks `[`, `]`, `(`, `)` and `|`; shared parts are put in.
fn split(pattern: &'static str, words: &mut Vec<&'static str>) {
    let mut rest = pattern;
    while let Some(first) = rest.chars().next() {
        let length = if "[]()|".contains(first) {
            1
        } else if first == ' ' {
            rest = &rest[1..];
            continue;
        } else {
            rest.find([' ', '[', ']', '(', ')', '|']).unwrap_or(rest.len())
        };
        let (word, after) = rest.split_at(length);
        rest = after;
        match SHARED.iter().find(|(name, _)| *name == word) {
            Some((_, part)) => split(part, words),
            None => words.push(word),
        }
    }
}

fn sequence(words: &[&'static str], at: &mut usize) -> Vec<Part> {
    let mut parts = Vec::new();
    while let Some(word) = words.get(*at) {
        match *word {
            "]" | ")" | "|" => break,
            "[" | "(" => parts.push(choice(words, at)),
            word => {
                *at += 1;
                parts.push(if let Some(flag) = word.strip_prefix('!') {
                    Part::Flag(flag)
                } else if let Some(name) = word.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
                    Part::Parameter(name, parameter::named(name))
                } else {
                    Part::Word(number(word).unwrap_or_default())
                });
            }
        }
    }
    parts
}

fn choice(words: &[&'static str], at: &mut usize) -> Part {
    let optional = words[*at] == "[";
    let mut branches = Vec::new();
    loop {
        *at += 1;
        branches.push(Branch::new(sequence(words, at)));
        match words.get(*at).copied() {
            Some("|") => {}
            Some(end) if (end == "]") == optional => break,
            end => panic!("unbalanced pattern at {end:?}"),
        }
    }
    *at += 1;
    if optional {
        branches.push(Branch::new(Vec::new()));
    }
    Part::OneOf(branches)
}
