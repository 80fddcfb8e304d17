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
  const asTheyAre = { LICENSE: "LICENSE", "README.md": join(published.folder, "README.md"), ...published.files };
  const [imported, declared] = await Promise.all([
    bundle(entries, dir),
    // Of the main export only: commands are not imported.
    entries["index"] === undefined ? [] : bundleDeclarations({ index: entries["index"] }, dir),
    ...Object.entries(asTheyAre).map(([name, path]) => cp(join(root, path), join(dir, name), { recursive: true })),
  ]);
  await writeFile(
    join(dir, "package.json"),
    `${JSON.stringify(createManifest(published, new Set([...imported, ...declared])), undefined, 2)}\n`,
  );
}
