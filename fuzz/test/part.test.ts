import { expect, test } from "vitest";
import { startPart } from "../lib/part.ts";

test("a process that does not end when it is told to is named", async () => {
  const script = new URL("stubborn.fixture.ts", import.meta.url);
  await using part = await startPart({ script, env: {}, endLimitMs: 200 });
  await expect(part.stop()).rejects.toThrow(`stubborn.fixture.ts (pid ${part.pid}) did not end within 200 ms of SIGTERM`);
});
