import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runChild } from "./child.mjs";
import { pinnedNode, root } from "./paths.mjs";
import { say, step, Stop } from "./say.mjs";

const stampFile = join(root, "node_modules", ".llmr-installed");

/** `pnpm@12.21.0`, as package.json pins it. */
function pnpmSpec() {
  return JSON.parse(readFileSync(join(root, "package.json"), "utf8")).packageManager;
}

/** What the installed dependencies depend on: the lockfile, the workspace's settings and the machine. */
function wantedStamp() {
  const hash = createHash("sha256");
  for (const file of ["pnpm-lock.yaml", "pnpm-workspace.yaml"]) hash.update(readFileSync(join(root, file)));
  return hash.update(`${pnpmSpec()} ${process.platform} ${process.arch}`).digest("hex");
}

function upToDate() {
  return existsSync(stampFile) && readFileSync(stampFile, "utf8") === wantedStamp() && existsSync(pinnedNode);
}

/** Runs pnpm, which npx fetches the first time. CI=true: it never asks. */
export function runPnpm(args, env = process.env) {
  return runChild("npx", ["--yes", pnpmSpec(), ...args], {
    stdout: "stderr",
    env: { ...env, CI: "true", npm_config_update_notifier: "false" },
  });
}

/** Installs the dependencies as the lockfile says, unless that is done already. Needs the network the first time only. */
export async function ensureDependencies() {
  if (upToDate()) return;
  const code = await step("installing dependencies", () => runPnpm(["install", "--frozen-lockfile"]));
  if (code !== 0) {
    throw new Stop(
      "the dependencies could not be installed (see above). The first run needs the npm registry; after a change of dependencies, " +
        `run: npx ${pnpmSpec()} install`,
      code,
    );
  }
  writeFileSync(stampFile, wantedStamp());
  say("dependencies are installed");
}
