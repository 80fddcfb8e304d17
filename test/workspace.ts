import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

interface Manifest {
  name: string;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
}

/** A package of the workspace. */
export interface WorkspacePackage {
  name: string;
  /** Relative to the root, such as `packages/client`. */
  folder: string;
  /** What it needs at run time. */
  dependencies: string[];
  devDependencies: string[];
}

export interface Import {
  /** Relative to the root. */
  file: string;
  specifier: string;
}

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Every workspace with a package.json: those below `apps` and `packages`, and the single ones. */
export function readWorkspace(): WorkspacePackage[] {
  const folders = ["apps", "packages"].flatMap((parent) => readdirSync(join(root, parent)).map((name) => join(parent, name)));
  return [...folders, "bench", "demo", "fuzz"].filter((folder) => existsSync(join(root, folder, "package.json"))).map(readPackage);
}

function readPackage(folder: string): WorkspacePackage {
  const manifest = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8")) as Manifest;
  return {
    name: manifest.name,
    folder,
    dependencies: Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }),
    devDependencies: Object.keys(manifest.devDependencies ?? {}),
  };
}

/** Every import and re-export, static or dynamic, in the TypeScript files below `folder`. */
export function readImports(folder: string): Import[] {
  const statement = /^\s*(?:import|export)\b[^;'"`]*?from\s*"([^"$]+)"|^\s*import\s+"([^"$]+)"|\bimport\(\s*"([^"$]+)"\s*\)/gm;
  return typescriptFiles(folder).flatMap((file) => {
    const matches = [...readFileSync(join(root, file), "utf8").matchAll(statement)];
    return matches.map((match) => ({ file, specifier: match[1] ?? match[2] ?? match[3] ?? "" }));
  });
}

function typescriptFiles(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === "node_modules" || entry.name === "dist" ? [] : typescriptFiles(path);
    return entry.name.endsWith(".ts") ? [path] : [];
  });
}

/** `@scope/name/deep` → `@scope/name`; undefined for relative paths and Node's own modules. */
export function packageOf(specifier: string): string | undefined {
  if (specifier.startsWith(".") || specifier.startsWith("node:")) return undefined;
  const [first, second] = specifier.split("/");
  return first?.startsWith("@") ? `${first}/${second}` : first;
}

/** `packages/client` → `client`. */
export function shortName(folder: string): string {
  return basename(folder);
}
