import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { Redis } from "ioredis";
import type { QueueContext } from "../src/index.ts";
import { openQueues } from "./queue-fixture.ts";
import { completed, grantsJob, startWorker } from "./worker-fixture.ts";

// A worker wants to ask Redis about a grant whose answer came late: while Redis is away and the worker closes (`away`), or while every command
// fails at once, as on a connection that broke in this very turn (`broken`).
const [url = "", namespace = "", state = ""] = process.argv.slice(2);
const admin = new Redis(url, { maxRetriesPerRequest: null }).on("error", () => undefined);
const redis = { url, namespace, admin };
const queues = await openQueues(redis);
await queues.model("a");
const granted = Promise.withResolvers<void>();
const late = Promise.withResolvers<void>();
const context: QueueContext = {
  ...queues.context,
  async run(name, args) {
    if (name === "renew" && state === "broken") throw new Error("Stream isn't writeable and enableOfflineQueue options is false");
    const reply = await queues.context.run(name, args);
    if (name === "fetch" && grantsJob(reply, "x")) {
      granted.resolve();
      await late.promise;
    }
    return reply;
  },
};
const { worker } = await startWorker(redis, { model: "a", context, process: async (run) => completed(run) });
await queues.place("x");
await granted.promise;
const away = once(queues.context.redis, "close");
console.log("granted");
if (state === "away") await away;
await delay(100);
late.resolve();
await delay(100);
if (state === "away") void worker.close();
await delay(100);
console.log("its timers run");
process.exit(0);
