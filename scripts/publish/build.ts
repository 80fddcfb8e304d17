import { cp, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { root } from "./root.ts";
import { bundle } from "./bundle.ts";
import { bundleDeclarations } from "./declarations.ts";
import { createManifest } from "./manifest.ts";
import type { PublishedPackage } from "./packages.ts";

/** Makes the folder that `npm publish` takes; what is in `dir` is removed first. */
export async function buildPackage(published: PublishedPackage, dir: string): Promise<void> {
  await rm(dir, { recursive: true, force: true });
  await mkdir(dir, { recursive: true });
  const entries = Object.fromEntries(Object.entries(published.entries).map(([name, file]) => [name, join(root, file)]));
  // Of the main export only: commands are not imported.
  const { index = "" } = entries;
  const [imported] = await Promise.all([
    bundle(entries, dir),
    bundleDeclarations({ index }, dir),
    cp(join(root, "packages/job-queue/src/lua"), join(dir, "lua"), { recursive: true }),
    cp(join(root, "LICENSE"), join(dir, "LICENSE")),
    cp(join(root, published.folder, "README.md"), join(dir, "README.md")),
  ]);
  await writeFile(join(dir, "package.json"), `${JSON.stringify(createManifest(published, imported), undefined, 2)}\n`);
}
