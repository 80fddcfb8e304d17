import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, readdirSync, symlinkSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { tempFolder } from "./temp-folder.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = fileURLToPath(new URL("../mutants", import.meta.url));

/** The names of the mutants, each a patch. */
export const mutantNames: readonly string[] = readdirSync(folder)
  .filter((file) => file.endsWith(".patch"))
  .map((file) => basename(file, ".patch"));

/** @throws Error when there is no such mutant. */
function patchOf(name: string): string {
  const path = join(folder, `${name}.patch`);
  if (!existsSync(path)) throw new Error(`there is no mutant ${name}; there are ${mutantNames.join(", ")}`);
  return path;
}

/** Copies what runs, with its links between packages; what is installed is shared. */
export function copyTree(target: string): void {
  for (const part of ["packages", "apps", "fuzz", "package.json"])
    cpSync(join(root, part), join(target, part), { recursive: true, verbatimSymlinks: true });
  symlinkSync(join(root, "node_modules"), join(target, "node_modules"));
}

export function applyPatch(target: string, name: string, onlyCheck = false): void {
  execFileSync("git", ["apply", ...(onlyCheck ? ["--check"] : []), patchOf(name)], {
    cwd: target,
    stdio: ["ignore", "inherit", "inherit"],
  });
}

/** Runs the fuzzer on a copy of the tree that has a defect. Returns its exit code: 1 when the defect was found. */
export async function runMutant(name: string, args: readonly string[], say: (text: string) => void): Promise<number> {
  await using copy = await tempFolder();
  copyTree(copy.path);
  applyPatch(copy.path, name);
  say(`mutant ${name} in ${copy.path}`);
  const child = spawn(process.execPath, [join(copy.path, "fuzz", "main.ts"), ...args], {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, FUZZ_MUTANT: name },
  });
  const [code] = (await once(child, "exit")) as [number | null];
  return code ?? 1;
}
