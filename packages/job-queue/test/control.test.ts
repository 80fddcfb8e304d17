import { redisTest } from "@llm-router/testkit";
import { expect } from "vitest";
import { connectRedis, type ControlMessage, subscribeControl } from "../src/index.ts";
import { openQueues } from "./queue-fixture.ts";

redisTest("what is no message of ours on the control channel is passed over, and those after it are heard", async ({ redis }) => {
  await using queues = await openQueues(redis);
  const subscriber = connectRedis({ url: redis.url }, "subscriber");
  const heard: ControlMessage[] = [];
  const last = Promise.withResolvers<void>();
  await subscribeControl(subscriber, queues.keys, (message) => {
    heard.push(message);
    if (message.type === "config") last.resolve();
  });
  const abort = { type: "abort", id: "x", epoch: 1, model: "a", reason: "cancelled" };
  for (const text of ["{", "", "null", '{"type":"party"}', JSON.stringify(abort), '{"type":"config","field":"cache"}'])
    await redis.admin.publish(queues.keys.control, text);
  await last.promise;
  subscriber.disconnect();
  expect(heard).toEqual([abort, { type: "config", field: "cache" }]);
});
