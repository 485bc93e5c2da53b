//! Layouts of public repositories, each in a few lines: what they say is told, and nothing else.

use std::fs;

use seaworthy_init::{CacheMounts, dockerfile, found, questions, specification, survey};

/// All that is said and written of a project with these files.
fn said(files: &[(&str, &str)]) -> anyhow::Result<String> {
    let folder = tempfile::tempdir()?;
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap_or(folder.path()))?;
        fs::write(path, text)?;
    }
    let project = survey(folder.path())?;
    let rows: Vec<String> = found(&project).into_iter().map(|(label, what)| format!("{label}: {what}")).collect();
    Ok(format!(
        "{}\n{}\n{}\n{}",
        rows.join("\n"),
        questions(&project).join("\n"),
        dockerfile(&project, CacheMounts::No).unwrap_or_default(),
        specification(&project)
    ))
}

#[track_caller]
fn check(files: &[(&str, &str)], there: &[&str], not_there: &[&str]) -> anyhow::Result<()> {
    holds(&said(files)?, there, not_there);
    Ok(())
}

#[track_caller]
fn holds(text: &str, there: &[&str], not_there: &[&str]) {
    for part in there {
        assert!(text.contains(part), "no `{part}` in\n{text}");
    }
    for part in not_there {
        assert!(!text.contains(part), "`{part}` in\n{text}");
    }
}

#[test]
fn a_port_of_a_client_is_none_of_the_service() -> anyhow::Result<()> {
    let app = "from flask import Flask\nfrom redis import Redis\napp = Flask(__name__)\nredis = Redis(host='redis', port=6379)\nif __name__ == '__main__':\n    app.run(host='0.0.0.0', port=5000)\n";
    check(&[("requirements.txt", "flask\nredis\n"), ("app.py", app)], &["port: 5000"], &["6379"])?;
    let package = r#"{"dependencies":{"express":"4","redis":"4"},"scripts":{"start":"node server.js"}}"#;
    let server = "const client = redis.createClient({ host: 'redis', port: 6379 });\nconst app = express();\napp.listen(5000);\n";
    check(&[("package.json", package), ("server.js", server)], &["port: 5000"], &["6379"])
}

#[test]
fn a_port_that_nothing_says_is_a_question() -> anyhow::Result<()> {
    let go = "package main\nfunc main() {\n\tr := gin.New()\n\tr.Run(fmt.Sprintf(\":%d\", setting.Port))\n}\n";
    check(
        &[("go.mod", "module a\ngo 1.22\nrequire github.com/gin-gonic/gin v1.9.0\n"), ("main.go", go)],
        &["port: 8080 (the usual one: nothing says it)", "On which port does it listen? Nothing says it"],
        &[],
    )
}

#[test]
fn an_address_that_only_the_machine_reaches_is_opened() -> anyhow::Result<()> {
    let rust = "fn main() {\n    let address = std::env::var(\"ADDRESS\").unwrap_or_else(|_| \"127.0.0.1:8000\".into());\n    HttpServer::new(f).bind(address);\n}\n";
    check(
        &[("Cargo.toml", "[package]\nname = \"a\"\n[dependencies]\nactix-web = \"4\"\n"), ("src/main.rs", rust)],
        &["port: 8000", "ENV ADDRESS=0.0.0.0:8000"],
        &["8080"],
    )
}

#[test]
fn what_is_started_is_in_the_image() -> anyhow::Result<()> {
    let nx = r#"{"dependencies":{"express":"4"},"devDependencies":{"nx":"1","typescript":"5"},"scripts":{"start":"nx serve","build":"nx build"}}"#;
    check(&[("package.json", nx), ("src/main.ts", "app.listen(3000)")], &["How is it started?"], &["nx\", \"serve"])?;
    let angular = r#"{"dependencies":{"@angular/core":"18"},"devDependencies":{"@angular/cli":"18"},"scripts":{"start":"ng serve","build":"ng build"}}"#;
    let settings = r#"{"projects":{"shop":{"architect":{"build":{"builder":"@angular-devkit/build-angular:application","options":{"outputPath":"dist/shop"}}}}}}"#;
    check(
        &[("package.json", angular), ("angular.json", settings), ("src/main.ts", "bootstrapApplication(App);")],
        &["COPY --from=build /app/dist/shop/browser /usr/share/nginx/html"],
        &["ng\", \"serve"],
    )?;
    let bin = r#"{"bin":{"serve":"lib/bin.js"},"scripts":{"build":"tsc"},"devDependencies":{"typescript":"5"}}"#;
    check(&[("package.json", bin), ("src/bin.ts", "app.listen(port)")], &["CMD [\"node\", \"lib/bin.js\"]"], &[])?;
    let factory = "from fastapi import FastAPI\ndef get_application() -> FastAPI:\n    return FastAPI()\napp = get_application()\n";
    check(
        &[("requirements.txt", "fastapi\nuvicorn\n"), ("app/main.py", factory)],
        &["exec uvicorn app.main:app"],
        &[],
    )?;
    let factory = "from fastapi import FastAPI\ndef create_app() -> FastAPI:\n    return FastAPI()\n";
    check(
        &[("requirements.txt", "fastapi\nuvicorn\n"), ("app/main.py", factory)],
        &["exec uvicorn app.main:create_app --factory"],
        &[],
    )?;
    let factory = "from flask import Flask\ndef create_app(config=None):\n    return Flask(__name__)\n";
    check(&[("requirements.txt", "flask\ngunicorn\n"), ("shop/__init__.py", factory)], &["shop:create_app()"], &[])
}

#[test]
fn a_program_for_the_command_line_promises_no_service() -> anyhow::Result<()> {
    let rust = "fn main() {\n    let args = Args::parse();\n    loop {\n        if !next() {\n            break;\n        }\n    }\n}\n";
    let there = ["Is it a service?", "a program for the command line, it seems"];
    let not_there = ["Container starts", "when it is stopped", "HEALTHCHECK", "worker"];
    check(
        &[("Cargo.toml", "[package]\nname = \"a\"\n[dependencies]\nclap = \"4\"\n"), ("src/main.rs", rust)],
        &there,
        &not_there,
    )?;
    let python = "import argparse\ndef main():\n    argparse.ArgumentParser().parse_args()\nif __name__ == '__main__':\n    main()\n";
    check(&[("requirements.txt", "requests\n"), ("main.py", python)], &there, &not_there)?;
    check(
        &[
            ("setup.py", "setup(entry_points={'console_scripts': ['tool=tool:main']})"),
            ("tool/__init__.py", ""),
            ("tool/__main__.py", python),
        ],
        &["CMD [\"python\", \"-m\", \"tool\"]", "pip install --no-cache-dir ."],
        &not_there,
    )?;
    // One that waits for work is a worker, also with arguments.
    let worker = python.replace("    main()", "    while True:\n        main()");
    check(&[("requirements.txt", "requests\n"), ("main.py", &worker)], &["Container starts"], &["Is it a service?"])
}

#[test]
fn php_gets_what_composer_requires_and_its_front_controller() -> anyhow::Result<()> {
    let composer = r#"{"require":{"php":"^8.2","ext-intl":"*","ext-gd":"*","ext-json":"*","ext-redis":"*","laravel/framework":"^11"}}"#;
    check(
        &[
            ("composer.json", composer),
            ("public/index.php", "<?php"),
            ("public/.htaccess", "RewriteEngine On"),
            ("artisan", ""),
            ("storage/logs/.gitignore", "*"),
            ("bootstrap/cache/.gitignore", "*"),
        ],
        &[
            "install-recommends libicu-dev libpng-dev",
            "docker-php-ext-install intl gd \\\n",
            "How are the extensions redis installed?",
            "#/var/www/html/public#",
            "RUN a2enmod rewrite",
            "chown -R 33:33 storage bootstrap/cache",
        ],
        &["gd json"],
    )?;
    let bootstrap = "<?php return Application::configure()->withRouting(web: 'web.php', health: '/up');";
    check(
        &[("composer.json", composer), ("public/index.php", "<?php"), ("bootstrap/app.php", bootstrap)],
        &["health: /up", "Health check endpoint responds at `/up`"],
        &[],
    )?;
    let slim = r#"{"require":{"slim/slim":"4"}}"#;
    check(&[("composer.json", slim), ("public/index.php", "<?php")], &["FallbackResource /index.php"], &["rewrite"])
}

#[test]
fn the_web_project_of_several_is_the_service() -> anyhow::Result<()> {
    let library = "<Project Sdk=\"Microsoft.NET.Sdk\"></Project>";
    let web = "<Project Sdk=\"Microsoft.NET.Sdk.Web\"><ItemGroup><ProjectReference Include=\"../Core/Core.csproj\"/></ItemGroup></Project>";
    let props = "<Project><PropertyGroup><TargetFramework>net9.0</TargetFramework></PropertyGroup></Project>";
    check(
        &[
            ("src/AppHost/AppHost.csproj", library),
            ("src/Core/Core.csproj", library),
            ("src/Web/Web.csproj", web),
            ("src/Web/Program.cs", "app.Run();"),
            ("Directory.Build.props", props),
        ],
        &["dotnet/aspnet:9.0-alpine", "COPY . .\nRUN dotnet publish src/Web/Web.csproj"],
        &["AppHost"],
    )?;
    let old = "<Project Sdk=\"Microsoft.NET.Sdk.Web\"><PropertyGroup><TargetFramework>net6.0</TargetFramework></PropertyGroup></Project>";
    check(
        &[("a.csproj", old)],
        &["ENV ASPNETCORE_URLS=http://+:8080", "port: 8080 (a.csproj)"],
        &["ASPNETCORE_HTTP_PORTS"],
    )
}

#[test]
fn a_jar_with_its_dependencies_is_the_one_that_starts() -> anyhow::Result<()> {
    let pom = "<project><artifactId>a</artifactId><version>1.0</version><dependencies><dependency><groupId>com.sparkjava</groupId><artifactId>spark-core</artifactId></dependency></dependencies><build><plugins><plugin><configuration><descriptorRefs><descriptorRef>jar-with-dependencies</descriptorRef></descriptorRefs></configuration></plugin></plugins></build></project>";
    check(
        &[("pom.xml", pom), ("src/main/java/A.java", "class A {}")],
        &["target/a-1.0-jar-with-dependencies.jar", "framework: Spark"],
        &["SERVER_PORT"],
    )?;
    let pom = pom
        .replace("<version>1.0</version>", "<version>1.0</version><packaging>jar</packaging>")
        .replace("spark-core", "spring-boot-starter-webmvc");
    check(&[("pom.xml", &pom)], &["framework: Spring Boot", "SERVER_PORT"], &[])
}

#[test]
fn a_server_is_given_by_a_variable_that_can_be_no_other_ones() -> anyhow::Result<()> {
    let with = |packages: &str, reads: &str| {
        let package = format!(r#"{{"dependencies":{{"express":"4",{packages}}},"main":"server.js"}}"#);
        let server = format!("const all = [{reads}];\nexpress().listen(3000);\n");
        said(&[("package.json", &package), ("server.js", &server)])
    };
    let text = with(r#""pg":"8","mongodb":"6""#, "process.env.MONGODB_URI, process.env.DATABASE_URL")?;
    holds(
        &text,
        &[
            "- PostgreSQL, given as `DATABASE_URL` (package.json:1)",
            "- MongoDB, given as `MONGODB_URI` (package.json:1)",
            "connect to PostgreSQL database with provided DATABASE_URL",
        ],
        &["Which variable"],
    );

    // One broker could be either's.
    let text = with(r#""ioredis":"5","amqplib":"0""#, "process.env.BROKER_URL")?;
    holds(
        &text,
        &["- Redis (package.json:1)", "- RabbitMQ (package.json:1)", "None such as AMQP_URL was found"],
        &["given as `BROKER_URL`"],
    );
    let text = with(r#""ioredis":"5","amqplib":"0""#, "process.env.BROKER_URL, process.env.REDIS_URL")?;
    holds(&text, &["- Redis, given as `REDIS_URL`", "- RabbitMQ, given as `BROKER_URL`"], &["Which variable"]);

    let text = with(r#""pg":"8","mysql2":"3""#, "process.env.MYSQL_DATABASE_URL")?;
    holds(
        &text,
        &["- MySQL, given as `MYSQL_DATABASE_URL`", "- PostgreSQL (package.json:1)"],
        &["connect to PostgreSQL"],
    );
    let text = with(r#""pg":"8""#, "process.env.DATABASE_POOLER_URL, process.env.DATABASE_URL")?;
    holds(&text, &["- PostgreSQL, given as `DATABASE_URL`"], &[]);
    // A password is no address.
    let text = with(r#""ioredis":"5""#, "process.env.REDIS_PASSWORD")?;
    holds(&text, &["- Redis (package.json:1)"], &["given as `REDIS"]);
    Ok(())
}

#[test]
fn a_place_without_a_line_is_left_off_what_starts_a_server() -> anyhow::Result<()> {
    check(
        &[
            ("package.json", r#"{"dependencies":{"express":"4","p\u0067":"8"},"main":"server.js"}"#),
            ("server.js", "connect(process.env.DATABASE_URL);\nexpress().listen(3000);\n"),
        ],
        &["uses: PostgreSQL (package.json)", "- PostgreSQL, given as `DATABASE_URL`\n"],
        &[],
    )
}
