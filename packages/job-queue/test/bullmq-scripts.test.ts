import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { describe, expect, test } from "vitest";

// Of the stock scripts whose effects on BullMQ's data ours reproduce; src/bullmq/README.md says which of ours stands for which.
const known: Record<string, string> = {
  "addPrioritizedJob-9": "3988fbf4422ad75531f1bada198146ec1f041e7831ba8d65f7d303d3c25fad05",
  "includes/storeJob": "34bf9c99ad762cae3fa0a1a5a265e8ff63b598b5b9d7d0ebbfa8f56091b30dc1",
  "includes/getPriorityScore": "2543a3e682c15d9d8466b633aeb3a6d54a813ec23b5aa7aaf636457d62610206",
  "includes/addBaseMarkerIfNeeded": "bbdfb3922acec0e812a1f99988160bb7faab8099bf402d3cfc2dc96f81b6c00f",
  "moveToActive-11": "a097cd12b152a4bae61dc5f84508fd6c9315555ef0f828bed58dbb8684decaf0",
  "includes/prepareJobForProcessing": "b1cc78fa3446e8ec3f52585f67a42fe40faf4d3f0328216bf8b6ed58106b4668",
  "includes/promoteDelayedJobs": "589b54b638e2c7f81b3815c40ac7b4f509b4d842f0823dcfea4c3346920bc3c4",
  "moveToFinished-14": "d7336f45303f7f0f0c78cbf62ac4839b6b805f2610eb918d8cfe19a25451fa5a",
  "extendLocks-1": "3bbdd28e98315606bb80355026539dcf0e647d8fc6038fee5b3bc7a5495132f4",
  "moveStalledJobsToWait-9": "3bfdcfcf90882a81fb77e6cc4317f9f9e9453e3361f64b0c0e11b7c162d923a1",
  "retryJob-11": "999adde89b617ef45d71ebf87cb816122201d5d3f3e6ec6f5e14f4acd506fefe",
  "moveToDelayed-11": "f2c27d4e0f449633d08f09976f4de3d9b7bcbbb34f89fd68cfc53389a24f6687",
  "includes/getDelayedScore": "18547f918fdc531bfe0f0b65c52fe3e8574d31fa99563e790703c6965b493db3",
};

const bullmq = createRequire(import.meta.url).resolve("bullmq");

describe("BullMQ's private data model is the one that our scripts write", () => {
  test.each(Object.entries(known))("%s.lua has not changed", (script, hash) => {
    const text = readFileSync(new URL(`commands/${script}.lua`, `file://${bullmq}`));
    const found = createHash("sha256").update(text).digest("hex");
    if (found !== hash) {
      throw new Error(
        `BullMQ changed its script ${script}.lua. Read the diff of it between the two versions, carry over to src/lua what changed in the data model ` +
          `(the table in src/bullmq/README.md says where), run the whole suite, and then write the new hash here: ${found}`,
      );
    }
    expect(found).toBe(hash);
  });

  test("its version is pinned exactly", () => {
    const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
      dependencies: Record<string, string>;
    };
    expect(manifest.dependencies["bullmq"]).toMatch(/^\d+\.\d+\.\d+$/);
  });

  test("every stock script that the README names is hashed", () => {
    const readme = readFileSync(new URL("../src/bullmq/README.md", import.meta.url), "utf8");
    const rows = [...readme.matchAll(/^\| (?!stock|---)([\w, ]+) \|/gm)].flatMap(([, names = ""]) => names.split(", "));
    const hashed = Object.keys(known).map((script) => script.replace(/^includes\/|-\d+$/g, ""));
    expect(rows.length).toBeGreaterThan(5);
    expect(hashed).toEqual(expect.arrayContaining(rows));
  });
});
