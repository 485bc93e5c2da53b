//! Node.js: packages before sources; what builds stays in the first stage.

use super::{File, copies, port};
use crate::project::Project;
use crate::toolchain::{Manager, Node};
use crate::versions::{Bases, PNPM};

pub(super) fn write(file: &mut File, project: &Project, node: &Node, bases: &Bases) {
    let builds = node.build.is_some();
    if node.has_dependencies || builds {
        file.line(&format!("FROM {} AS build", bases.build));
        file.line("WORKDIR /app");
        install(file, node, !builds);
        if builds {
            file.line("COPY . .");
            file.line(&format!("RUN {}", build(node)));
        }
        file.blank();
    }
    file.line(&format!("FROM {}", bases.run));
    if let Some(output) = &node.site {
        file.line(&format!("COPY --from=build /app/{output} /usr/share/nginx/html"));
        return;
    }
    let port = port(project);
    let mut variables = vec![("NODE_ENV", "production".to_owned())];
    variables.extend(port.as_ref().map(|(name, number)| (name.as_str(), number.clone())));
    file.env(&variables);
    file.line("WORKDIR /app");
    if builds {
        file.line("COPY --from=build /app ./");
    } else {
        if node.has_dependencies {
            file.line("COPY --from=build /app/node_modules ./node_modules");
        }
        file.line("COPY . .");
    }
}

fn install(file: &mut File, node: &Node, for_production: bool) {
    match node.manager {
        Manager::Pnpm => file.line(&format!("RUN npm install --global {PNPM}")),
        Manager::YarnBerry => file.line("RUN corepack enable"),
        Manager::Npm | Manager::Yarn => {}
    }
    let mut paths = vec!["package.json"];
    paths.extend(node.lock);
    paths.extend(&node.settings);
    file.line(&copies(&paths));
    let is_locked = node.lock.is_some();
    let (cache, command) = match (node.manager, for_production) {
        (Manager::Npm, production) => {
            let verb = if is_locked { "ci" } else { "install" };
            let omit = if production { " --omit=dev" } else { "" };
            ("/root/.npm", format!("npm {verb}{omit} --no-audit --no-fund"))
        }
        (Manager::Pnpm, production) => {
            let frozen = if is_locked { " --frozen-lockfile" } else { "" };
            let prod = if production { " --prod" } else { "" };
            ("/root/.local/share/pnpm/store", format!("pnpm install{frozen}{prod}"))
        }
        (Manager::Yarn, production) => {
            let frozen = if is_locked { " --frozen-lockfile" } else { "" };
            let only = if production { " --production" } else { "" };
            ("/usr/local/share/.cache/yarn", format!("yarn install{frozen}{only} && yarn cache clean"))
        }
        (Manager::YarnBerry, _) => {
            ("/root/.yarn/berry/cache", "yarn install --immutable && yarn cache clean".to_owned())
        }
    };
    file.run_with(cache, &command);
}

/// The script, and then without what only it needed.
fn build(node: &Node) -> String {
    let script = node.build.as_deref().unwrap_or("build");
    if node.site.is_some() {
        return format!("{} run {script}", node.manager.name());
    }
    match node.manager {
        Manager::Npm => format!("npm run {script} && npm prune --omit=dev --no-audit --no-fund"),
        Manager::Pnpm => format!("pnpm run {script} && CI=true pnpm prune --prod"),
        Manager::Yarn => format!(
            "yarn run {script} && yarn install --production --ignore-scripts --prefer-offline && yarn cache clean"
        ),
        Manager::YarnBerry => format!("yarn run {script}"),
    }
}
