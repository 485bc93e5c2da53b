//! PHP behind Apache, Ruby, and sites of files.

use super::{File, copies, port};
use crate::language::PHP_EXTENSIONS as EXTENSIONS;
use crate::project::Project;
use crate::toolchain::{Php, Ruby, Site};
use crate::versions::Bases;

/// Why versions of Debian's packages are not pinned, as the linter reads it.
const UNPINNED: &str = "# A distribution removes the versions that it replaces: a pinned one cannot be built again.\n# hadolint ignore=DL3008";

pub(super) fn php(file: &mut File, project: &Project, php: &Php, bases: &Bases) {
    if php.composer {
        file.line(&format!("FROM {} AS build", bases.build));
        file.line("WORKDIR /app");
        file.line(&copies(if php.locked { &["composer.json", "composer.lock"] } else { &["composer.json"] }));
        let install = "composer install --no-dev --no-interaction --no-scripts --no-autoloader --prefer-dist --ignore-platform-reqs";
        file.run_with("/tmp/cache", install);
        file.line("COPY . .");
        file.line("RUN composer dump-autoload --no-dev --optimize");
        file.blank();
    }
    file.line(&format!("FROM {}", bases.run));
    if let Some((name, number)) = port(project) {
        file.env(&[(name.as_str(), number)]);
    }
    let root = php.root.map_or(String::new(), |root| format!(" -e 's#/var/www/html#/var/www/html/{root}#'"));
    file.line("# Apache expands PORT itself: no shell has to. A port above 1024 needs no root.");
    file.line("# hadolint ignore=SC2016");
    file.line(&format!(
        "RUN sed -i 's/^Listen 80$/Listen ${{PORT}}/' /etc/apache2/ports.conf \\\n \
         && sed -i -e 's/:80>/:${{PORT}}>/'{root} /etc/apache2/sites-available/000-default.conf"
    ));
    if php.rewrites {
        file.line("RUN a2enmod rewrite");
    } else if php.root.is_some() {
        // What is no file is answered by the front controller.
        file.line("RUN echo 'FallbackResource /index.php' > /etc/apache2/conf-enabled/front-controller.conf");
    }
    extensions(file, php);
    file.line("WORKDIR /var/www/html");
    file.line(if php.composer { "COPY --from=build /app ./" } else { "COPY . ." });
    if !php.written.is_empty() {
        let folders = php.written.join(" ");
        file.line(&format!("RUN mkdir -p {folders} && chown -R {} {folders}", bases.user));
    }
}

fn extensions(file: &mut File, php: &Php) {
    if php.extensions.is_empty() {
        return;
    }
    let all = php.extensions.join(" ");
    let needs =
        |extension: &&'static str| EXTENSIONS.iter().find(|(name, _)| name == extension).map(|(_, package)| *package);
    let mut packages: Vec<&str> =
        php.extensions.iter().filter_map(needs).filter(|package| !package.is_empty()).collect();
    packages.sort_unstable();
    packages.dedup();
    if packages.is_empty() {
        file.line(&format!("RUN docker-php-ext-install {all}"));
    } else {
        let packages = packages.join(" ");
        file.line(UNPINNED);
        file.line(&format!(
            "RUN apt-get update \\\n && apt-get install -y --no-install-recommends {packages} \\\n \
             && docker-php-ext-install {all} \\\n && rm -rf /var/lib/apt/lists/*"
        ));
    }
}

pub(super) fn ruby(file: &mut File, project: &Project, ruby: &Ruby, bases: &Bases) {
    let mut variables = vec![("BUNDLE_PATH", "/bundle".to_owned()), ("BUNDLE_WITHOUT", "development:test".to_owned())];
    if ruby.locked {
        variables.push(("BUNDLE_DEPLOYMENT", "1".to_owned()));
    }
    file.line(&format!("FROM {} AS build", bases.build));
    file.line("WORKDIR /app");
    file.env(&variables);
    file.line(&copies(if ruby.locked { &["Gemfile", "Gemfile.lock"] } else { &["Gemfile"] }));
    file.run_with("/usr/local/bundle/cache", "bundle install");
    file.blank();
    file.line(&format!("FROM {}", bases.run));
    variables.push(("RACK_ENV", "production".to_owned()));
    if ruby.rails {
        variables.extend([("RAILS_ENV", "production".to_owned()), ("RAILS_LOG_TO_STDOUT", "1".to_owned())]);
    }
    let port = port(project);
    variables.extend(port.as_ref().map(|(name, number)| (name.as_str(), number.clone())));
    file.env(&variables);
    if !ruby.libraries.is_empty() {
        file.line(UNPINNED);
        file.line(&format!(
            "RUN apt-get update \\\n && apt-get install -y --no-install-recommends {} \\\n && rm -rf /var/lib/apt/lists/*",
            ruby.libraries.join(" ")
        ));
    }
    file.line("WORKDIR /app");
    file.line("COPY --from=build /bundle /bundle");
    file.line("COPY . .");
}

pub(super) fn site(file: &mut File, site: &Site, bases: &Bases) {
    file.line(&format!("FROM {}", bases.run));
    let from = site.root.as_deref().unwrap_or(".");
    file.line(&format!("COPY {from} /usr/share/nginx/html"));
}
