//! The table of what programs say: a cause, who says it, and how.

/// A way to say something.
pub(crate) struct Pattern {
    pub(crate) cause: &'static str,
    /// Groups: `what`, `path`, `port`.
    pub(crate) regex: &'static str,
}

const fn says(cause: &'static str, regex: &'static str) -> Pattern {
    Pattern { cause, regex }
}

/// Capital words of logs that are no variables.
pub(crate) const WORDS: &[&str] = &[
    "ERROR", "FATAL", "WARNING", "WARN", "INFO", "DEBUG", "NOTICE", "CRITICAL", "HTTP", "HTTPS", "JSON", "URL", "TLS",
    "SSL", "SQL", "API", "EOF", "NULL", "TRUE", "FALSE", "PID", "ID", "UTC", "GET", "POST", "TODO", "PANIC",
];

/// All of them, in groups by cause; within a group by runtime.
pub(crate) const PATTERNS: &[Pattern] = &[
    // Python, Ruby
    says("missing-variable", r"KeyError: '(?P<what>[A-Z][A-Z0-9_]{2,})'"),
    says("missing-variable", r#"key not found: "(?P<what>[A-Z][A-Z0-9_]{2,})""#),
    // pydantic
    says("missing-variable", r"(?m)^(?P<what>[A-Za-z_][A-Za-z0-9_]*)\r?\n\s+Field required"),
    // shells
    says("missing-variable", r"\b(?P<what>[A-Z][A-Z0-9_]{2,}): (?:parameter (?:null or )?not set|unbound variable)"),
    // Go's envconfig, Spring, PHP, Rust's envy
    says("missing-variable", r"required key (?P<what>[A-Z][A-Z0-9_]{2,}) missing value"),
    says("missing-variable", r"Could not resolve placeholder '(?P<what>[A-Z][A-Z0-9_]{2,})'"),
    says("missing-variable", r#"Undefined (?:array key|index):? "?(?P<what>[A-Z][A-Z0-9_]{2,})"#),
    says("missing-variable", r#"missing value for field "?(?P<what>[A-Za-z_][A-Za-z0-9_]*)"#),
    says("missing-variable", r"(?P<what>[A-Z][A-Z0-9_]{2,}): NotPresent"),
    // whoever says it in words
    says(
        "missing-variable",
        r#"\b(?P<what>[A-Z][A-Z0-9]*_[A-Z0-9_]+|[A-Z]{3,}[0-9]*)["'`]?(?: (?:environment|env|configuration))?(?: (?:variable|var|setting))?(?: (?:is|was|must be|has to be|needs to be))? ?(?:not set|not defined|unset|required|missing|\bset\b|not provided|undefined|not found|empty|NotPresent)"#,
    ),
    says(
        "missing-variable",
        r#"(?i:missing|required|undefined|unset|no|set|provide|define|expected)(?i: (?:the|required|mandatory|an|a))*(?i: (?:environment|env|configuration))?(?i: (?:variables?|vars?|settings?|key))?:? ["'`$]*(?P<what>[A-Z][A-Z0-9]*_[A-Z0-9_]+)"#,
    ),
    // Python, Node, Ruby, Java, PHP, Perl, .NET
    says("import-error", r"ModuleNotFoundError: No module named '(?P<what>[^'\n]+)'"),
    says("import-error", r"ImportError: No module named (?P<what>[\w.]+)"),
    says("import-error", r"ImportError: cannot import name '(?P<what>[^'\n]+)'"),
    says("import-error", r"No module named (?P<what>[a-z_][\w.]*)"),
    says("import-error", r#"Could not import module "(?P<what>[\w.]+)""#),
    says("import-error", r"Cannot find (?:module|package) '(?P<what>[^'\n]+)'"),
    says("import-error", r"cannot load such file -- (?P<what>\S+)"),
    says("import-error", r"(?:ClassNotFoundException|NoClassDefFoundError): (?P<what>[\w.$/]+)"),
    says("import-error", r"Could not find or load main class (?P<what>\S+)"),
    says("import-error", r#"(?:Class|Interface) "(?P<what>[^"\n]+)" not found"#),
    says("import-error", r"Call to undefined function (?P<what>\w+)\(\)"),
    says("import-error", r"(?P<what>could not find driver)"),
    says("import-error", r"Failed opening required '(?P<what>[^'\n]+)'"),
    says("import-error", r"Can't locate (?P<what>\S+) in @INC"),
    says("import-error", r"Could not load file or assembly '(?P<what>[^',\n]+)"),
    // glibc, musl, Java
    says("missing-shared-library", r"(?P<what>[\w+.-]+\.so[\w.]*): cannot open shared object file: No such file"),
    says("missing-shared-library", r"Error loading shared library (?P<what>[^:\s]+): No such file"),
    says("missing-shared-library", r"UnsatisfiedLinkError[^\n]*?(?P<what>lib[\w+.-]+\.so[\w.]*)"),
    says(
        "libc-mismatch",
        r"version `(?P<what>(?:GLIBC|GLIBCXX|CXXABI)_[0-9.]+)' not found(?: \(required by (?P<path>[^)\n]+)\))?",
    ),
    says("libc-mismatch", r"Error relocating (?P<path>[^:\n]+): (?P<what>\S+): symbol not found"),
    // shells and env
    says("crlf-script", r"\S\r['’]?: (?:command )?(?:not found|No such file)"),
    says("crlf-script", r"Illegal option -\r|\\r['’]?: (?:No such file|command not found|not found)|\$'\\r'"),
    says(
        "entrypoint-not-found",
        r"(?m)^(?:[/\w.-]*sh|[/\w.-]+): (?:line )?\d+: (?:exec: )?(?P<path>[\w./-]+): (?:command )?not found",
    ),
    says("entrypoint-not-found", r#"exec: "?(?P<path>[\w./-]+)"?: (?:command )?not found"#),
    says("entrypoint-not-found", r"env: ['‘](?P<path>[\w./-]+)['’]: No such file or directory"),
    // Python, Node, Go, Rust, Ruby, Java, shells, nginx
    says("privileged-port", r"listen EACCES[^\n]*?:(?P<port>\d+)"),
    says("privileged-port", r"listen \w+ [^\s]*:(?P<port>\d+): bind: permission denied"),
    says("privileged-port", r"bind\(\) to [^\s]*:(?P<port>\d+) failed \(13: Permission denied\)"),
    says("privileged-port", r"(?i)(?:bind|bound|binding|listen)[^\n]{0,80}permission denied"),
    says("privileged-port", r"(?i)permission denied[^\n]{0,60}(?:bind|listen|port (?P<port>\d+))"),
    says(
        "privileged-port",
        r"(?m)^PermissionError: \[Errno 13\] (?:Permission denied|error while attempting to bind[^\n]*)$",
    ),
    says("permission-denied", r"PermissionError: \[Errno (?:13|1)\] [^:\n]+: '(?P<path>[^'\n]+)'"),
    says("permission-denied", r"can't open file '(?P<path>[^'\n]+)': \[Errno 13\]"),
    says("permission-denied", r"E(?:ACCES|PERM): [^,\n]+, \w+ '(?P<path>[^'\n]+)'"),
    says(
        "permission-denied",
        r"(?:open|mkdir|stat|unlink|rename|chown|chmod|create) (?P<path>/[^\s:]+): (?:permission denied|operation not permitted)",
    ),
    says("permission-denied", r"Permission denied @ \S+ - (?P<path>\S+)"),
    says("permission-denied", r"AccessDeniedException: (?P<path>\S+)"),
    says("permission-denied", r"(?P<path>/[^\s:()]+) \(Permission denied\)"),
    says("permission-denied", r#""(?P<path>/[^"\n]+)" failed \(13: Permission denied\)"#),
    says(
        "permission-denied",
        r"(?:can't|cannot) (?:create|open|touch|access|make directory|create directory) ['‘]?(?P<path>[^\s:'’]+)['’]?: Permission denied",
    ),
    says("permission-denied", r"(?P<path>/[^\s:'\x22()]+)['\x22’]?\)?: Permission denied"),
    says("permission-denied", r"(?P<path>[\w./-]*/[\w./-]+|[A-Za-z_][\w-]*\.\w{1,5}): Permission denied"),
    says("permission-denied", r"(?i)attempt to write a readonly database"),
    says("permission-denied", r"Permission denied \(os error 13\)"),
    says("missing-file", r"(?i)unable to open database file"),
    says("port-in-use", r"(?i)(?:EADDRINUSE|address (?:already )?in use)[^\n]*?:(?P<port>\d{2,5})\b"),
    says("port-in-use", r"(?i):(?P<port>\d{2,5})\b[^\n]*address already in use"),
    says("port-in-use", r"(?i)port (?P<port>\d{2,5}) is (?:already )?(?:in use|allocated)"),
    says("port-in-use", r"(?i)address already in use|EADDRINUSE"),
    says("read-only-root", r"Read-only file system: '(?P<path>[^'\n]+)'"),
    says("read-only-root", r#""(?P<path>/[^"\n]+)" failed \(30: "#),
    says("read-only-root", r"EROFS: read-only file system, \w+ '(?P<path>[^'\n]+)'"),
    says("read-only-root", r#"(?P<path>/[^\s:'"]+)['"’]?:? \(?(?:\d+: )?(?i:read-only file system)"#),
    says("read-only-root", r"(?i)read-only file system"),
    says("read-only-root", r"No usable temporary directory found"),
    says("missing-file", r"No such file or directory: b?'(?P<path>[^'\n]+)'"),
    says("missing-file", r"ENOENT: no such file or directory, \w+ '(?P<path>[^'\n]+)'"),
    says("missing-file", r"(?:open|stat|mkdir|read|lstat|chdir) (?P<path>/[^\s:]+): no such file or directory"),
    says("missing-file", r"can't open file '(?P<path>[^'\n]+)': \[Errno 2\]"),
    says(
        "missing-file",
        r"(?:can't|cannot) (?:create|open|touch|access|stat|cd to) ['‘]?(?P<path>[^\s:'’]+)['’]?: (?:No such file or directory|Directory nonexistent|nonexistent directory)",
    ),
    says("missing-file", r#""(?P<path>/[^"\n]+)" failed \(2: No such file or directory\)"#),
    says("missing-file", r"(?P<path>/[^\s:()]+) \(No such file or directory\)"),
    says("missing-file", r"NoSuchFileException: (?P<path>\S+)"),
    says("missing-file", r"No such file or directory @ \S+ - (?P<path>\S+)"),
    says("missing-file", r"Could not open input file: (?P<path>\S+)"),
    says("missing-file", r"Unable to access jarfile (?P<path>\S+)"),
    says("missing-file", r"(?P<path>/[^\s:'\x22()]+)['\x22’]?: No such file or directory"),
    says("missing-file", r"No such file or directory \(os error 2\)"),
    // servers that name the file, and no reason
    says(
        "missing-file",
        r#"(?i:unable to|could not|cannot|can't|failed to) (?i:open|read|load|find|access|stat)(?: \w+){0,4}:? ['"`‘]?(?P<path>/[^\s'"`’:,]*[^\s'"`’:,.])"#,
    ),
    says("missing-file", r#"(?P<path>/[^\s'"`’:,]*[^\s'"`’:,.])['"`’]? (?:does not|doesn't) exist"#),
    says("missing-file", r"(?i:missing|no)(?: [\w-]+){0,4} (?i:directory|folder|file): (?P<path>/\S*[\w-])"),
    says("missing-file", r"not found: directory given in '[^'\n]+':(?P<path>/\S+)"),
    says(
        "out-of-memory",
        r"java\.lang\.OutOfMemoryError|JavaScript heap out of memory|fatal error: runtime: out of memory",
    ),
    says("out-of-memory", r"(?m)^MemoryError|std::bad_alloc|memory allocation of \d+ bytes failed|NoMemoryError"),
    says(
        "out-of-memory",
        r"(?i)cannot allocate memory|could not reserve enough space|Allowed memory size of \d+ bytes exhausted|insufficient memory for the Java Runtime",
    ),
    // libpq and drivers
    says("host-not-resolved", r#"could not translate host name "(?P<what>[^"\n]+)""#),
    says("host-not-resolved", r"failed to resolve host '(?P<what>[^'\n]+)'"),
    says("host-not-resolved", r"getaddrinfo (?:ENOTFOUND|EAI_AGAIN) (?P<what>[^\s,]+)"),
    says(
        "host-not-resolved",
        r"lookup (?P<what>[^\s:]+)[^\n]*?: (?:no such host|server misbehaving|i/o timeout|Temporary failure)",
    ),
    // redis-py, MySQL's clients
    says(
        "host-not-resolved",
        r"Error -\d+ connecting to (?P<what>[^\s:]+):(?P<port>\d+)\. (?:Name or service|Temporary failure|No address)",
    ),
    says("host-not-resolved", r"Unknown (?:MySQL )?server host '(?P<what>[^'\n]+)'"),
    says("connection-refused", r"Error 111 connecting to (?P<what>[^\s:]+):(?P<port>\d+)\. "),
    says(
        "connection-refused",
        r"Can't connect to (?:MySQL )?server on '(?P<what>[^':\n]+)(?::(?P<port>\d+))?'[^\n]*111",
    ),
    says("host-not-resolved", r"UnknownHostException: (?P<what>[^\s:]+)"),
    says("host-not-resolved", r"getaddrinfo for (?P<what>\S+) failed"),
    says(
        "host-not-resolved",
        r"(?i)name or service not known|temporary failure in name resolution|failed to lookup address information|could not resolve host|Name does not resolve",
    ),
    says(
        "connection-refused",
        r#"connection to server at "(?P<what>[^"\n]+)"[^\n]*?port (?P<port>\d+) failed: Connection refused"#,
    ),
    says("connection-refused", r"connection to server on socket [^\n]*? failed: No such file"),
    says("connection-refused", r"connect ECONNREFUSED (?P<what>\S+):(?P<port>\d+)"),
    says("connection-refused", r"dial tcp (?P<what>\S+):(?P<port>\d+): connect: connection refused"),
    says("connection-refused", r"Connect call failed \('(?P<what>[^'\n]+)', (?P<port>\d+)"),
    says("connection-refused", r"Connection to (?P<what>[^\s:]+):(?P<port>\d+) refused"),
    says("connection-refused", r"(?i)connection refused|ECONNREFUSED|\bErrno 111\b"),
    says("tls-required", r"(?i)no pg_hba\.conf entry for host[^\n]*(?:no encryption|SSL off)"),
    says(
        "tls-required",
        r"(?i)connection is insecure|SSL connection is required|(?:SSL|TLS|encryption) (?:is )?required",
    ),
    says(
        "tls-refused",
        r"(?i)server does not support SSL|SSL is not enabled on the server|rejected SSL upgrade|server refused TLS|server does not support TLS|SSL negotiation failed",
    ),
    says("unknown-sslmode", r#"(?i)invalid sslmode value:? "(?P<what>[^"\n]*)""#),
    says(
        "unknown-sslmode",
        r#"(?i)(?:invalid|unknown|unrecognized|unsupported|unexpected)[^\n]{0,40}sslmode[^\n]{0,30}?["'`](?P<what>[a-z_-]+)["'`]"#,
    ),
    says("unknown-sslmode", r"(?i)sslmode[^\n]{0,40}(?:is invalid|is not valid|unknown|unsupported|must be one of)"),
    says("unknown-sslmode", r"unexpected keyword argument 'sslmode'"),
    says("certificate", r#"root certificate file "(?P<path>[^"\n]+)" does not exist"#),
    says(
        "certificate",
        r"(?i)certificate verify failed|self[- ]signed certificate|unable to (?:get local issuer|verify the first) certificate|x509: certificate|certificate has expired|PKIX path building failed|does not match host ?name|UnknownIssuer|does not match certificate's altnames|CertificateRequired|certificate is not trusted",
    ),
    says("wrong-password", r#"password authentication failed for user "(?P<what>[^"\n]*)""#),
    says(
        "wrong-password",
        r"(?i)SASL authentication failed|no password supplied|Access denied for user '(?P<what>[^'\n]+)'|client password must be a string",
    ),
    says("no-such-database", r#"database "(?P<what>[^"\n]+)" does not exist"#),
    says("no-such-database", r"Unknown database '(?P<what>[^'\n]+)'"),
    says("no-such-role", r#"role "(?P<what>[^"\n]+)" does not exist"#),
    says(
        "too-many-connections",
        r"(?i)too many clients already|remaining connection slots are reserved|too many connections|no more connections allowed",
    ),
    says("pooler-prepared-statements", r#"prepared statement "(?P<what>[^"\n]+)" (?:already exists|does not exist)"#),
    says(
        "database-asleep",
        r"(?i)endpoint is disabled|compute (?:is|has been|node is) suspended|the database system is starting up|couldn't connect to compute|database is (?:paused|asleep|suspended)",
    ),
    says(
        "connection-timed-out",
        r#"(?:connection to server at "(?P<what>[^"\n]+)"[^\n]*?(?:port (?P<port>\d+) )?failed: )?(?i:timeout expired|connection timed out|connect ETIMEDOUT|i/o timeout|connection timeout)"#,
    ),
    says(
        "malformed-database-url",
        r"(?i)could not parse (?:rfc1738 |sqlalchemy )?URL|expected string or URL object|Could not parse SQLAlchemy URL|invalid (?:connection (?:string|option|URI)|dsn|database url|integer value|port)",
    ),
    says(
        "malformed-database-url",
        r#"(?i)missing "=" after|invalid literal for int\(\) with base 10|relative URL without a base|ERR_INVALID_URL|\bInvalid URL\b|No suitable driver|invalid port number|Can't load plugin: sqlalchemy\.dialects|Port could not be cast|unsupported (?:database )?scheme|invalid percent-encoded"#,
    ),
];
