import { eventually, redisTest } from "@llm-router/testkit";
import { expect } from "vitest";
import { Mover } from "../src/index.ts";
import { openQueues } from "./queue-fixture.ts";

const lookOf = (some: readonly Mover[]) => Promise.all(some.map((mover) => mover.look()));

redisTest("of many processes one looks for jobs to move, and another one as soon as that one no longer comes", async ({ redis }) => {
  await using queues = await openQueues(redis);
  const movers = ["w1", "w2", "w3"].map((owner) => new Mover({ context: queues.context, owner, onError: () => undefined }));
  expect((await lookOf(movers)).filter(Boolean)).toHaveLength(1);
  expect((await lookOf(movers)).filter(Boolean)).toHaveLength(1);
  await movers[0]?.close();
  const left = movers.slice(1);
  await eventually(async () => expect(await lookOf(left)).toContain(true));
  for (const mover of left) await mover.close();
});
