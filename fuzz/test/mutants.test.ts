import { expect, test } from "vitest";
import { applyPatch, copyTree, mutantNames } from "../lib/mutant.ts";
import { tempFolder } from "../lib/temp-folder.ts";

test("every mutant still applies to the tree as it is", { timeout: 120_000 }, async () => {
  await using copy = await tempFolder();
  copyTree(copy.path);
  expect(mutantNames.length).toBeGreaterThanOrEqual(5);
  // It throws for a patch that does not apply, naming it.
  for (const name of mutantNames) applyPatch(copy.path, name, true);
});

test("a mutant that is not there is an error that names those that are", () => {
  expect(() => applyPatch("/", "nothing-like-this")).toThrow(/there are .*probe-lease-removed/);
});
