// The layer rule of ARCHITECTURE.md: imports point strictly down, and packages of one layer never import each other.
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { packageOf, readImports, readWorkspace, shortName, type WorkspacePackage } from "./workspace.ts";

/** Low to high. A package that is not listed fails: say where it belongs. */
const layers = [
  ["contracts", "model-weights"],
  ["service-kit"],
  ["job-queue", "backends", "semantic-cache"],
  ["dispatcher"],
  ["client", "worker-runtime"],
  ["llm-router"],
  ["gateway", "worker", "simulator"],
  ["cli"],
];
/** Development only: they may use every layer, and nothing that is shipped may use them. */
const development = ["testkit", "bench", "demo", "fuzz"];
/** Libraries that only these may know. */
const owners: Record<string, string[]> = {
  bullmq: ["job-queue", ...development],
  ioredis: ["job-queue", ...development],
  opossum: ["worker-runtime"],
};
/** Installed at the root for every test. */
const forTests = ["vitest", "fast-check"];

const workspace = readWorkspace();
const shortNames = new Map(workspace.map(({ name, folder }) => [name, shortName(folder)]));

const layerOf = (self: string) => layers.findIndex((layer) => layer.includes(self));

/** Those of `names` that are packages of the workspace, without their scope. */
function ours(names: readonly string[]): string[] {
  return names.flatMap((name) => shortNames.get(name) ?? []);
}

/** What a file may import beside its own package: what is shipped needs run-time dependencies, the rest may use both kinds. */
function allowedIn(file: string, { name, folder, dependencies, devDependencies }: WorkspacePackage): string[] {
  const shipped = file.startsWith(join(folder, "src/")) && !file.startsWith(join(folder, "src/testing/"));
  return shipped ? dependencies : [...dependencies, ...devDependencies, ...forTests, name];
}

test("the workspace was found", () => {
  expect(workspace.length).toBeGreaterThan(10);
  expect(readImports("packages/testkit").length).toBeGreaterThan(0);
});

describe.each(workspace)("$folder", (self) => {
  const name = shortName(self.folder);
  const isDevelopment = development.includes(name);

  test("has a layer, and depends on lower layers only", () => {
    expect(isDevelopment || layerOf(name) >= 0, `${name} is in no layer; add it to test/layers.test.ts`).toBe(true);
    const isTooHigh = (used: string) => !isDevelopment && (development.includes(used) || layerOf(used) >= layerOf(name));
    expect(ours(self.dependencies).filter(isTooHigh)).toEqual([]);
  });

  test("leaves each guarded library to its owner", () => {
    expect([...self.dependencies, ...self.devDependencies].filter((used) => owners[used]?.includes(name) === false)).toEqual([]);
  });

  test("declares what it imports", () => {
    const undeclared = readImports(self.folder).filter(({ file, specifier }) => {
      const used = packageOf(specifier);
      return used !== undefined && !allowedIn(file, self).includes(used);
    });
    expect(undeclared).toEqual([]);
  });

  test("imports other packages by name, not by path", () => {
    const outside = readImports(self.folder).filter(
      ({ file, specifier }) => specifier.startsWith(".") && !join(file, "..", specifier).startsWith(`${self.folder}/`),
    );
    expect(outside).toEqual([]);
  });
});
