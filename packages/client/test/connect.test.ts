import { connectClient } from "@llm-router/client";
import { redisTest } from "@llm-router/testkit";
import { expect } from "vitest";
import { startTcpProxy } from "./tcp-proxy.ts";

// In the order in which they are sent: the greeting, the registration of the reply stream, and its expiry.
for (const command of ["info", "hello", "pexpire"]) {
  redisTest(`connect() holds on when the connection is cut before the answer to ${command}`, async ({ redis }) => {
    await using proxy = await startTcpProxy(redis.url);
    const lost = proxy.loseReplyTo(command);
    await using client = await connectClient({ redis: proxy.url, namespace: redis.namespace });
    await lost;
    expect(await client.getModelStatus()).toEqual([]);
  });
}
