import { hashApiKey } from "@llm-router/client";
import { redisTest } from "@llm-router/testkit";
import { expect } from "vitest";
import { runCli } from "./cli.ts";

redisTest("keys are made, shown once, listed without their secret, and revoked", async ({ redis }) => {
  const run = (...args: string[]) => runCli([...args, "--redis", redis.url, "--namespace", redis.namespace]);
  const made = await run("keys", "create", "team-a", "--tenant", "a", "--class", "high", "low", "--rpm", "100");
  expect(made).toMatchObject({ code: 0, errors: [expect.stringContaining("not shown again")] });
  expect(made.out).toMatch(/^sk-llmr-team-a-[\w-]{43}$/);
  const kept = await redis.admin.hget(`{${redis.namespace}}:keys`, "team-a");
  expect(JSON.parse(kept ?? "")).toMatchObject({
    hash: hashApiKey(made.out),
    tenant: "a",
    classes: ["high", "low"],
    rpm: 100,
    admin: false,
  });

  const [again, printed, listed] = await Promise.all([
    run("keys", "create", "team-a"),
    run("keys", "create", "other", "--admin", "--print"),
    run("keys", "list"),
  ]);
  expect(again).toMatchObject({ code: 1, errors: [expect.stringContaining("There is an API key team-a already")] });
  const key = /sk-llmr-other-[\w-]{43}/.exec(printed.errors.join())?.[0] ?? "";
  expect(printed.out).toBe(`other: ${JSON.stringify({ hash: hashApiKey(key), tenant: "other", admin: true })}`);
  expect(listed.out).toMatch(/team-a +a +high low +all +100/);
  expect(listed.out).not.toContain("sha256");

  expect(await run("keys", "revoke", "team-a", "team-b")).toMatchObject({
    code: 1,
    out: "team-a: revoked\nteam-b: there is no such key",
  });
  expect((await run("keys", "list")).out).toBe("no API keys");
});
