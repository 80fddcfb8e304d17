// Every root script begins here, on any Node from 20 on and without a dependency: it installs what is missing and
// runs the command under the pinned Node.
import { join } from "node:path";
import { runChild } from "./lib/child.mjs";
import { ensureDependencies, runPnpm } from "./lib/dependencies.mjs";
import { environmentFor, findNode } from "./lib/node24.mjs";
import { root } from "./lib/paths.mjs";
import { ensureRedisServer } from "./lib/redis-server.mjs";
import { runMain, Stop } from "./lib/say.mjs";

/** `redis: "always"` needs redis-server, `"unless-given"` only without REDIS_URL; without the field never. */
const commands = {
  test: { script: "test.mjs", redis: "always" },
  check: { script: "check.mjs", redis: "always" },
  bench: { script: "bench.mjs", redis: "always" },
  fuzz: { script: "../fuzz/main.ts", redis: "always" },
  contracts: { script: "../apps/gateway/contract-check.ts", redis: "always" },
  "contracts:qdrant": { script: "../packages/semantic-cache/contract-check.ts", redis: "always" },
  "fuzz:check": { script: "../fuzz/check.ts" },
  demo: { script: "with-redis.mjs", args: ["demo/main.ts"], redis: "unless-given" },
  start: { script: "with-redis.mjs", args: ["apps/cli/src/start.ts"], redis: "unless-given" },
};

await runMain(async ([name, ...args]) => {
  if (Number(process.versions.node.split(".")[0]) < 20)
    throw new Stop(`Node ${process.versions.node} is too old; install Node 20 or newer.`);
  process.chdir(root);
  if (name === "build") {
    await ensureDependencies();
    return runPnpm(["exec", "turbo", "run", "build", ...args], environmentFor(findNode()));
  }
  const command = Object.hasOwn(commands, name ?? "") ? commands[name] : undefined;
  if (!command) throw new Stop(`unknown command "${name ?? ""}"; there are ${Object.keys(commands).join(", ")} and build.`);
  await ensureDependencies();
  const needsRedis = command.redis === "always" || (command.redis === "unless-given" && !process.env.REDIS_URL);
  if (needsRedis) await ensureRedisServer();
  const node = findNode();
  return runChild(node, [join(root, "scripts", command.script), ...(command.args ?? []), ...args], {
    env: environmentFor(node),
    ipc: true,
  });
});
