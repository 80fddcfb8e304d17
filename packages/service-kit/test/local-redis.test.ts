import { expect, test } from "vitest";
import { startLocalRedis } from "../src/index.ts";

test("without redis-server the error says what to install", async () => {
  const path = process.env["PATH"];
  process.env["PATH"] = "/nowhere";
  try {
    await expect(startLocalRedis()).rejects.toThrow(/^REDIS_MISSING: .*apt-get install redis-server/);
  } finally {
    process.env["PATH"] = path;
  }
});
