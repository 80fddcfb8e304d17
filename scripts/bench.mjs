// Runs one benchmark: bench/<name>.ts. Its last line with --json is one JSON object.
import { existsSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { runChild } from "./lib/child.mjs";
import { root } from "./lib/paths.mjs";
import { runMain, Stop } from "./lib/say.mjs";

await runMain(async ([name, ...args]) => {
  const folder = join(root, "bench");
  const names = existsSync(folder)
    ? readdirSync(folder)
        .filter((file) => file.endsWith(".ts"))
        .map((file) => basename(file, ".ts"))
    : [];
  if (!name || !names.includes(name))
    throw new Stop(`name one of the benchmarks: ${names.join(", ") || "none yet"}. Example: pnpm bench ${names[0] ?? "NAME"} --json`);
  return runChild(process.execPath, [join(folder, `${name}.ts`), ...args]);
});
