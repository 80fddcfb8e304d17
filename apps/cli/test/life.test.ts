import { redisTest } from "@llm-router/testkit";
import { expect } from "vitest";
import { serveNamespace } from "./cli.ts";

redisTest("explain tells the life of a request; dead lists, replays and purges those that failed", async ({ redis }) => {
  await using served = await serveNamespace(redis);
  await served.simulator.control({ outage: { mode: "status", status: 400, message: "no such option" } });
  const failed = await served.run("ask", "Hello [[7]]", "--model", "fast");
  expect(failed.code).toBe(1);
  const [letter] = JSON.parse((await served.run("dead", "list", "--json")).out) as { id: string; code: string }[];
  expect(letter?.code).toBe("PROVIDER_REJECTED");
  const id = letter?.id ?? "";

  const explained = (await served.run("explain", id)).out;
  expect(explained).toContain(`request   ${id}`);
  expect(explained).toMatch(/^\+\d+ ms +queued fast: .*class 2/m);
  expect(explained).toMatch(/^\+\d+ ms +started fast: epoch 1, .*breaker closed/m);
  expect(explained).toMatch(/^\+\d+ ms +failed fast$/m);
  expect(explained).toMatch(/^PROVIDER_REJECTED: .*no such option/m);

  await served.simulator.control({ outage: null });
  const [, newId = ""] = / → (\S+)/.exec((await served.run("dead", "replay", id, "--model", "slow")).out) ?? [];
  const status = JSON.parse((await served.run("explain", newId, "--json")).out) as { history: { detail: object }[] };
  expect(status.history[0]?.detail).toMatchObject({ replayOf: id });
  expect((await served.run("dead", "list", "--code", "provider_rejected")).out).toContain(newId);

  const refused = await served.run("dead", "purge");
  expect(refused).toMatchObject({ code: 1, errors: [expect.stringContaining("name ids, a filter, or --all")] });
  expect((await served.run("dead", "purge", "--all")).out).toBe("1 purged");
  expect((await served.run("dead", "list")).out).toBe("no dead letters");
  expect(await served.run("explain", id)).toMatchObject({ code: 1, errors: [expect.stringMatching(/^UNKNOWN_REQUEST: /)] });
});
