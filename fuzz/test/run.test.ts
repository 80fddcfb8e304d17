import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { indexHistory } from "../lib/index-history.ts";
import { report } from "../lib/report.ts";
import { run, saveHistory } from "../lib/run.ts";
import { lanes } from "../lib/schedule.ts";

/** What is left of 45 s when the parts have started and come to rest. */
const loadMinutes = 0.5;

test("every kind of fault once under load, and nothing is lost, doubled or out of bounds", { timeout: 240_000 }, async () => {
  const said: string[] = [];
  const lines = await run({ seed: 4, minutes: loadMinutes, fsync: "everysec", lanes: 12, say: (line) => said.push(line) });
  const judged = report(indexHistory(lines));
  if (judged.violations.length > 0) {
    const file = join(tmpdir(), "llm-router-fuzz-failed.ndjson");
    saveHistory(lines, file);
    console.error(`${said.join("\n")}\nThe history is in ${file}.`);
  }
  expect(judged.violations).toEqual([]);
  expect(Object.keys(judged.faults)).toEqual(Object.values(lanes).flat().toSorted());
  expect(judged).toMatchObject({ lost: 0, duplicated: 0 });
  // Enough happened to mean something.
  expect(judged.accepted).toBeGreaterThan(150);
  expect(judged.outcomes["completed"]).toBeGreaterThan(100);
});
