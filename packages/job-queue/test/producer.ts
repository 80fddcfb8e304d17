// One of several producer processes of bounds.test.ts: places requests as fast as it can, and waits for the answers of those that were accepted.
// Arguments: redis URL, namespace, its name, how many. Its last line is a report as JSON.
import { createKeys } from "@llm-router/contracts";
import { connectRedis, createQueueContext, dispatch, ReplyReader, whenReady } from "../src/index.ts";
import { requestInput } from "./queue-fixture.ts";

const [url = "", namespace = "", name = "", count = "0"] = process.argv.slice(2);
// Connections do not keep a process alive.
const hold = setInterval(() => undefined, 60_000);
const redis = connectRedis({ url }, "commands");
await whenReady(redis, 10_000);
const context = createQueueContext(redis, createKeys(namespace));
const waiting = new Map<string, () => void>();
const report = { answered: 0, refused: {} as Record<string, number>, deepest: 0 };
const reader = new ReplyReader({
  context,
  blocking: connectRedis({ url }, "blocking"),
  clientId: name,
  onReply: ({ id, outcome }) => outcome && waiting.get(id)?.(),
  onGap: () => undefined,
});
await reader.start();
console.log("ready");

let next = 0;
async function produce(): Promise<void> {
  for (let i = next++; i < Number(count); i = next++) {
    const id = `${name}.r${i}`;
    const { promise: answered, resolve } = Promise.withResolvers<void>();
    waiting.set(id, resolve);
    const reply = await dispatch(context, requestInput(id, { clientId: name, classRank: i % 4, priority: (i % 4) * 1_000 + 500 }));
    if (reply.kind === "refused") {
      report.refused[reply.code] = (report.refused[reply.code] ?? 0) + 1;
    } else {
      if (reply.kind === "placed") report.deepest = Math.max(report.deepest, reply.depth);
      await answered;
      report.answered += 1;
    }
  }
}

await Promise.all([produce(), produce(), produce()]);
console.log(JSON.stringify(report));
await reader.close();
redis.disconnect();
clearInterval(hold);
