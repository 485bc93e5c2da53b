//! Languages that are compiled: the compiler stays in the first stage.

use super::{File, copies, port};
use crate::project::Project;
use crate::toolchain::{DotNet, Go, Java, JavaTool, Rust};
use crate::versions::Bases;

/// `ENV PORT=8080`, where a variable moves the port.
fn port_variable(file: &mut File, project: &Project) {
    if let Some((name, number)) = port(project) {
        file.env(&[(name.as_str(), number)]);
    }
}

pub(super) fn go(file: &mut File, project: &Project, go: &Go, bases: &Bases) {
    file.line(&format!("FROM {} AS build", bases.build));
    file.line("WORKDIR /src");
    file.line(&copies(if go.has_sum { &["go.mod", "go.sum"] } else { &["go.mod"] }));
    file.run_with("/go/pkg/mod", "go mod download");
    file.line("COPY . .");
    let build = format!("CGO_ENABLED=0 go build -trimpath -ldflags=\"-s -w\" -o /out/service {}", go.package);
    file.run_with("/go/pkg/mod", &build);
    file.blank();
    file.line(&format!("FROM {}", bases.run));
    port_variable(file, project);
    file.line("WORKDIR /app");
    file.line("COPY --from=build /out/service /app/service");
}

pub(super) fn rust(file: &mut File, project: &Project, rust: &Rust, bases: &Bases) {
    let locked = if rust.locked { " --locked" } else { "" };
    let package = if rust.is_package { String::new() } else { format!(" --bin {}", rust.binary) };
    file.line(&format!("FROM {} AS build", bases.build));
    file.line("WORKDIR /src");
    if rust.has_main {
        file.line(&copies(if rust.locked { &["Cargo.toml", "Cargo.lock"] } else { &["Cargo.toml"] }));
        let stand_in = "mkdir src && echo 'fn main() {}' > src/main.rs";
        file.run_with(
            "/usr/local/cargo/registry",
            &format!("{stand_in} && cargo build --release{locked} && rm -r src"),
        );
    }
    file.line("COPY . .");
    let touch = if rust.has_main { "touch src/main.rs && " } else { "" };
    let binary = &rust.binary;
    let build = format!("{touch}cargo build --release{locked}{package} && cp target/release/{binary} /service");
    file.run_with("/usr/local/cargo/registry", &build);
    file.blank();
    file.line(&format!("FROM {}", bases.run));
    port_variable(file, project);
    file.line("WORKDIR /app");
    file.line("COPY --from=build /service /app/service");
}

pub(super) fn java(file: &mut File, project: &Project, java: &Java, bases: &Bases) {
    file.line(&format!("FROM {} AS build", bases.build));
    file.line("WORKDIR /app");
    match java.tool {
        JavaTool::Maven => {
            file.line("COPY pom.xml ./");
            file.run_with("/root/.m2", "mvn -B -q dependency:go-offline");
            file.line("COPY src ./src");
            file.run_with("/root/.m2", "mvn -B -q package -DskipTests");
        }
        JavaTool::Gradle => {
            file.line("COPY . .");
            let task = if java.spring { "bootJar" } else { "build -x test" };
            file.run_with("/home/gradle/.gradle", &format!("gradle --no-daemon --quiet {task}"));
        }
    }
    file.blank();
    file.line(&format!("FROM {}", bases.run));
    port_variable(file, project);
    file.line("WORKDIR /app");
    match (java.quarkus, java.tool) {
        (true, JavaTool::Maven) => file.line("COPY --from=build /app/target/quarkus-app ./"),
        (true, JavaTool::Gradle) => file.line("COPY --from=build /app/build/quarkus-app ./"),
        (false, _) => file.line(&format!("COPY --from=build /app/{} /app/app.jar", java.jar)),
    }
}

pub(super) fn dotnet(file: &mut File, project: &Project, dotnet: &DotNet, bases: &Bases) {
    const CACHE: &str = "/root/.nuget/packages";
    let path = &dotnet.file;
    file.line(&format!("FROM {} AS build", bases.build));
    file.line("WORKDIR /src");
    if dotnet.has_references {
        // Its projects are restored together.
        file.line("COPY . .");
        file.run_with(CACHE, &format!("dotnet publish {path} -c Release -o /out"));
    } else {
        file.line(&copies(&[path]));
        file.run_with(CACHE, &format!("dotnet restore {path}"));
        file.line("COPY . .");
        file.run_with(CACHE, &format!("dotnet publish {path} -c Release -o /out --no-restore"));
    }
    file.blank();
    file.line(&format!("FROM {}", bases.run));
    port_variable(file, project);
    if dotnet.is_old && dotnet.is_web {
        file.line("ENV ASPNETCORE_URLS=http://+:8080");
    }
    file.line("WORKDIR /app");
    file.line("COPY --from=build /out ./");
}
