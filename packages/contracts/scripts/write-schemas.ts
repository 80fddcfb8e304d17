// Writes schemas/*.schema.json, docs/errors.md and docs/configuration.md. `--check` only compares, and exits 1 when one differs.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { publishedFiles } from "./published.ts";

const root = resolve(import.meta.dirname, "../../..");
const onlyCheck = process.argv.includes("--check");

for (const [name, text] of Object.entries(publishedFiles())) {
  const path = resolve(root, name);
  if (read(path) === text) continue;
  if (onlyCheck) {
    console.error(`${name} differs from the code; run: pnpm --filter @llm-router/contracts schemas`);
    process.exitCode = 1;
    continue;
  }
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  console.error(`wrote ${name}`);
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined; // Not written yet.
  }
}
