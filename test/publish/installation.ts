import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { buildPackage } from "../../scripts/publish/build.ts";
import type { PublishedPackage } from "../../scripts/publish/packages.ts";
import { isUnreachable, npm, type Unreachable } from "./npm.ts";

/** A user's folder, outside the workspace, in which the packed packages were installed. */
export interface Installation {
  folder: string;
  /** Paths in each tarball. */
  packed: Record<string, string[]>;
}

/**
 * Builds, packs and installs packages in `folder`, as a user would with plain npm.
 * @param others What npm is given beside them: packages, flags.
 */
export async function installPublished(
  folder: string,
  packages: readonly PublishedPackage[],
  others: readonly string[],
): Promise<Installation | Unreachable> {
  const build = (name: string) => join(folder, "build", name);
  await Promise.all(packages.map((published) => buildPackage(published, build(published.name))));
  const user = join(folder, "user");
  await mkdir(user);
  await writeFile(join(user, "package.json"), JSON.stringify({ name: "user", version: "1.0.0", private: true, type: "module" }));
  const out = await npm(["pack", "--json", "--pack-destination", folder, ...packages.map(({ name }) => build(name))], user);
  if (isUnreachable(out)) return out;
  const packed = parsePacked(out);
  const tarballs = packed.map(({ filename }) => join(folder, filename));
  const installed = await npm(["install", ...tarballs, ...others], user);
  if (isUnreachable(installed)) return installed;
  return { folder: user, packed: Object.fromEntries(packed.map(({ name, files }) => [name, files.map(({ path }) => path)])) };
}

interface Packed {
  name: string;
  filename: string;
  files: { path: string }[];
}

/** npm up to 11 prints a list, later ones an object by name. */
function parsePacked(json: string): Packed[] {
  const parsed = JSON.parse(json) as Packed[] | Record<string, Packed>;
  return Array.isArray(parsed) ? parsed : Object.values(parsed);
}
