//! The kinds of servers that need no more than their name.

/// What is known of a kind of server.
#[derive(Debug, PartialEq)]
pub struct Kind {
    pub name: &'static str,
    /// Other names of it, in small letters.
    pub aliases: &'static [&'static str],
    /// The image where the line names none.
    pub image: &'static str,
    pub port: u16,
    /// The variable where nothing names one.
    pub variable: &'static str,
    /// The value of that variable.
    pub form: &'static str,
    /// Variables for the server. `{user}`, `{password}`, `{database}`, `{host}` and `{port}` stand for the run's.
    pub env: &'static [(&'static str, &'static str)],
    /// In the place of the image's own arguments, with the same names in it; empty where those are right.
    pub command: &'static [&'static str],
    /// How it lets everyone in, where it otherwise demands the password; `None` where it cannot, or demands none.
    pub open: Option<Open>,
    pub ready: Ready,
    pub protocol: Protocol,
    /// Whether a server of this kind was run by the tests.
    pub tried: bool,
}

/// What takes the place of a kind's own where its server lets everyone in.
#[derive(Debug, PartialEq)]
pub struct Open {
    pub form: &'static str,
    pub env: &'static [(&'static str, &'static str)],
    pub command: &'static [&'static str],
}

/// How a server tells that it takes work.
#[derive(Debug, PartialEq)]
pub struct Ready {
    /// What a client says first; empty where the server begins.
    pub says: &'static [u8],
    /// One of these stands in the answer.
    pub hears: &'static [&'static [u8]],
    /// In words, for the page.
    pub meaning: &'static str,
}

/// Which client can look into a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    PostgreSql,
    MySql,
    Redis,
    /// Nothing but the connection itself can be watched.
    Opaque,
}

impl Kind {
    /// Whether `name`, in small letters, is one of its names.
    pub(crate) fn is_called(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name) || self.aliases.contains(&name)
    }

    /// Whether it lets nobody in without keys of its own.
    pub(crate) fn has_keys(&self) -> bool {
        self.name == "MinIO"
    }

    /// Whether it lets nobody in without the password that the run makes.
    pub fn has_password(&self) -> bool {
        self.form.contains("{password}") || self.has_password_variable()
    }

    /// Whether it is a database: what a service keeps lies there.
    pub fn is_database(&self) -> bool {
        self.form.contains("{database}")
    }

    /// Whether a variable tells it the password, so that any command leaves it.
    pub(crate) fn has_password_variable(&self) -> bool {
        self.env.iter().any(|(_, value)| value.contains("{password}"))
    }
}

/// Every kind, in the order of the page.
pub fn kinds() -> &'static [Kind] {
    KINDS
}

const REDIS_READY: Ready = Ready {
    says: b"PING\r\n",
    // One that loads its data answers `-LOADING`.
    hears: &[b"+PONG", b"-NOAUTH"],
    meaning: "`PING` is answered",
};

/// The server's greeting names how a client proves who it is; a server that refuses does not.
const MYSQL_READY: Ready = Ready { says: b"", hears: &[b"_password\0", b"ed25519\0"], meaning: "it greets" };

const SEARCH_READY: Ready = Ready {
    says: b"GET /_cluster/health HTTP/1.0\r\n\r\n",
    hears: &[b"\"green\"", b"\"yellow\""],
    meaning: "`/_cluster/health` is green or yellow",
};

const KINDS: &[Kind] = &[
    Kind {
        name: "PostgreSQL",
        aliases: &["postgres", "postgre", "neon", "neon postgresql", "neon postgres"],
        image: "postgres:17-alpine",
        port: 5432,
        variable: "DATABASE_URL",
        form: "postgresql://{user}:{password}@{host}:{port}/{database}",
        env: &[("POSTGRES_USER", "{user}"), ("POSTGRES_PASSWORD", "{password}"), ("POSTGRES_DB", "{database}")],
        command: &[],
        open: Some(Open {
            form: "postgresql://{user}@{host}:{port}/{database}",
            env: &[("POSTGRES_USER", "{user}"), ("POSTGRES_DB", "{database}"), ("POSTGRES_HOST_AUTH_METHOD", "trust")],
            command: &[],
        }),
        ready: Ready {
            says: b"\0\0\0\x1f\0\x03\0\0user\0app\0database\0app\0\0",
            // A request for a password; one that starts up answers with an error.
            hears: &[b"R\0\0\0"],
            meaning: "it asks who the client is",
        },
        protocol: Protocol::PostgreSql,
        tried: true,
    },
    Kind {
        name: "MySQL",
        aliases: &[],
        image: "mysql:8.4",
        port: 3306,
        variable: "DATABASE_URL",
        form: "mysql://{user}:{password}@{host}:{port}/{database}",
        env: &[
            ("MYSQL_USER", "{user}"),
            ("MYSQL_PASSWORD", "{password}"),
            ("MYSQL_DATABASE", "{database}"),
            ("MYSQL_ROOT_PASSWORD", "{password}"),
        ],
        command: &[],
        open: None,
        ready: MYSQL_READY,
        protocol: Protocol::MySql,
        tried: false,
    },
    Kind {
        name: "MariaDB",
        aliases: &["maria db"],
        image: "mariadb:11.4",
        port: 3306,
        variable: "DATABASE_URL",
        form: "mysql://{user}:{password}@{host}:{port}/{database}",
        env: &[
            ("MARIADB_USER", "{user}"),
            ("MARIADB_PASSWORD", "{password}"),
            ("MARIADB_DATABASE", "{database}"),
            ("MARIADB_ROOT_PASSWORD", "{password}"),
        ],
        command: &[],
        open: None,
        ready: MYSQL_READY,
        protocol: Protocol::MySql,
        tried: true,
    },
    Kind {
        name: "Redis",
        aliases: &[],
        image: "redis:7-alpine",
        port: 6379,
        variable: "REDIS_URL",
        form: "redis://:{password}@{host}:{port}/0",
        env: &[],
        command: &["redis-server", "--requirepass", "{password}", "--save", "", "--appendonly", "no"],
        open: Some(Open {
            form: "redis://{host}:{port}/0",
            env: &[],
            command: &["redis-server", "--protected-mode", "no", "--save", "", "--appendonly", "no"],
        }),
        ready: REDIS_READY,
        protocol: Protocol::Redis,
        tried: true,
    },
    Kind {
        name: "Valkey",
        aliases: &[],
        image: "valkey/valkey:8-alpine",
        port: 6379,
        variable: "REDIS_URL",
        form: "redis://:{password}@{host}:{port}/0",
        env: &[],
        command: &["valkey-server", "--requirepass", "{password}", "--save", "", "--appendonly", "no"],
        open: Some(Open {
            form: "redis://{host}:{port}/0",
            env: &[],
            command: &["valkey-server", "--protected-mode", "no", "--save", "", "--appendonly", "no"],
        }),
        ready: REDIS_READY,
        protocol: Protocol::Redis,
        tried: false,
    },
    Kind {
        name: "MongoDB",
        aliases: &["mongo"],
        image: "mongo:7",
        port: 27017,
        variable: "MONGODB_URI",
        form: "mongodb://{user}:{password}@{host}:{port}/{database}?authSource=admin",
        env: &[("MONGO_INITDB_ROOT_USERNAME", "{user}"), ("MONGO_INITDB_ROOT_PASSWORD", "{password}")],
        command: &[],
        open: Some(Open { form: "mongodb://{host}:{port}/{database}", env: &[], command: &[] }),
        ready: Ready {
            says: b"\x34\0\0\0\x01\0\0\0\0\0\0\0\xdd\x07\0\0\0\0\0\0\0\x1f\0\0\0\x10hello\0\x01\0\0\0\x02$db\0\x06\0\0\0admin\0\0",
            hears: &[b"isWritablePrimary"],
            meaning: "`hello` is answered",
        },
        protocol: Protocol::Opaque,
        tried: false,
    },
    Kind {
        name: "RabbitMQ",
        aliases: &["rabbit mq"],
        image: "rabbitmq:4-alpine",
        port: 5672,
        variable: "AMQP_URL",
        form: "amqp://{user}:{password}@{host}:{port}/",
        env: &[("RABBITMQ_DEFAULT_USER", "{user}"), ("RABBITMQ_DEFAULT_PASS", "{password}")],
        command: &[],
        open: None,
        ready: Ready {
            says: b"AMQP\0\0\x09\x01",
            hears: &[b"\0\x0a\0\x0a"],
            meaning: "a connection is begun by AMQP 0-9-1",
        },
        protocol: Protocol::Opaque,
        tried: false,
    },
    Kind {
        name: "Kafka",
        aliases: &["redpanda", "apache kafka", "kafka-compatible"],
        image: "redpandadata/redpanda:v24.2.7",
        port: 9092,
        variable: "KAFKA_BROKERS",
        form: "{host}:{port}",
        env: &[],
        command: &[
            "redpanda",
            "start",
            "--mode",
            "dev-container",
            "--smp",
            "1",
            "--kafka-addr",
            "0.0.0.0:9092",
            "--advertise-kafka-addr",
            "{host}:{port}",
        ],
        open: None,
        ready: Ready {
            says: b"\0\0\0\x0a\0\x12\0\0\0\0\0\x07\xff\xff",
            hears: &[b"\0\0\0\x07\0\0"],
            meaning: "it tells its versions of the protocol",
        },
        protocol: Protocol::Opaque,
        tried: false,
    },
    Kind {
        name: "NATS",
        aliases: &[],
        image: "nats:2-alpine",
        port: 4222,
        variable: "NATS_URL",
        form: "nats://{user}:{password}@{host}:{port}",
        env: &[],
        command: &["nats-server", "--user", "{user}", "--pass", "{password}", "--jetstream"],
        open: Some(Open { form: "nats://{host}:{port}", env: &[], command: &["nats-server", "--jetstream"] }),
        ready: Ready { says: b"", hears: &[b"INFO {"], meaning: "it greets" },
        protocol: Protocol::Opaque,
        tried: false,
    },
    Kind {
        name: "MinIO",
        aliases: &[],
        image: "minio/minio:RELEASE.2025-04-22T22-12-26Z",
        port: 9000,
        variable: "S3_ENDPOINT",
        form: "http://{host}:{port}",
        // Clients take the keys apart from the address: they are MinIO's own, `minioadmin` twice.
        env: &[],
        command: &["server", "/data"],
        open: None,
        ready: Ready {
            says: b"GET /minio/health/ready HTTP/1.0\r\n\r\n",
            hears: &[b" 200 "],
            meaning: "`/minio/health/ready` answers 200",
        },
        protocol: Protocol::Opaque,
        tried: false,
    },
    Kind {
        name: "Memcached",
        aliases: &["memcache"],
        image: "memcached:1.6-alpine",
        port: 11211,
        variable: "MEMCACHED_SERVERS",
        form: "{host}:{port}",
        env: &[],
        command: &[],
        open: None,
        ready: Ready { says: b"version\r\n", hears: &[b"VERSION "], meaning: "`version` is answered" },
        protocol: Protocol::Opaque,
        tried: false,
    },
    Kind {
        name: "Elasticsearch",
        aliases: &["elastic"],
        image: "docker.elastic.co/elasticsearch/elasticsearch:8.15.3",
        port: 9200,
        variable: "ELASTICSEARCH_URL",
        form: "http://{host}:{port}",
        env: &[
            ("discovery.type", "single-node"),
            ("xpack.security.enabled", "false"),
            ("ES_JAVA_OPTS", "-Xms512m -Xmx512m"),
        ],
        command: &[],
        open: None,
        ready: SEARCH_READY,
        protocol: Protocol::Opaque,
        tried: false,
    },
    Kind {
        name: "OpenSearch",
        aliases: &[],
        image: "opensearchproject/opensearch:2.17.1",
        port: 9200,
        variable: "OPENSEARCH_URL",
        form: "http://{host}:{port}",
        env: &[
            ("discovery.type", "single-node"),
            ("DISABLE_SECURITY_PLUGIN", "true"),
            ("DISABLE_INSTALL_DEMO_CONFIG", "true"),
            ("OPENSEARCH_JAVA_OPTS", "-Xms512m -Xmx512m"),
        ],
        command: &[],
        open: None,
        ready: SEARCH_READY,
        protocol: Protocol::Opaque,
        tried: false,
    },
    Kind {
        name: "Mailpit",
        aliases: &[],
        image: "axllent/mailpit:v1.20",
        port: 1025,
        variable: "SMTP_URL",
        form: "smtp://{host}:{port}",
        env: &[],
        command: &[],
        open: None,
        ready: Ready { says: b"", hears: &[b"220 "], meaning: "it greets" },
        protocol: Protocol::Opaque,
        tried: false,
    },
];
