import { existsSync } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { root } from "../../scripts/publish/root.ts";
import { isUnreachable, npm, type Unreachable } from "./npm.ts";

/** The oldest Node that `engines` of the published packages allows. */
const version = "22.12.0";

/** The path of that Node, which is installed once and kept in `.cache`. */
export async function oldestNode(): Promise<string | Unreachable> {
  const kept = join(root, ".cache", `node-${version}`);
  if (existsSync(nodeIn(kept))) return nodeIn(kept);
  const folder = `${kept}-${process.pid}`;
  await mkdir(folder, { recursive: true });
  try {
    await writeFile(join(folder, "package.json"), "{}");
    const installed = await npm(["install", `${packageName()}@${version}`], folder);
    if (isUnreachable(installed)) return installed;
    await rm(kept, { recursive: true, force: true });
    await rename(folder, kept);
    return nodeIn(kept);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function nodeIn(folder: string): string {
  return join(folder, "node_modules", packageName(), "bin", "node");
}

/** What npm's `node` package installs for this machine. */
function packageName(): string {
  const prefix = process.platform === "darwin" && process.arch === "arm64" ? "node-bin" : "node";
  return `${prefix}-${process.platform}-${process.arch}`;
}
