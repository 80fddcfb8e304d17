import { expect, test } from "vitest";
import { systemClock } from "../src/index.ts";

test("a sleep ends at once when its signal aborts", async () => {
  const abort = new AbortController();
  const asleep = systemClock.sleep(60_000, abort.signal);
  abort.abort();
  await expect(asleep).rejects.toThrow(/abort/i);
});
