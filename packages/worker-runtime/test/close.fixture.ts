import { speaks } from "./support/backends.ts";
import { TestClient } from "./support/test-client.ts";
import { startTestWorker } from "./support/test-worker.ts";

// Serves a request, closes, and says for how long a timer held the process after that, in ms.
const [url = "", namespace = ""] = process.argv.slice(2);
const untilClosed = setInterval(() => undefined, 60_000);
const client = await TestClient.connect({ url, namespace });
const worker = await startTestWorker({ url, namespace }, { backends: { a: speaks("x") } });
await (
  await client.submit({ models: ["a"] })
).outcome;
await client[Symbol.asyncDispose]();
await worker.close();
clearInterval(untilClosed);
const closedAt = performance.now();
process.on("exit", () => console.log(`held ${Math.round(performance.now() - closedAt)}`));
