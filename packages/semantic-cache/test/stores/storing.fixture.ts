import { connectRedis, createVectorLog } from "@llm-router/job-queue";
import { EmbeddedStore } from "../../src/stores/embedded/embedded-store.ts";
import { nearTo, pointOf, randomVector, testDimensions } from "../../src/testing/vectors.ts";
import { openAnswers, putAnswer } from "./store-fixture.ts";

// Stores answers with their vectors, as a worker does: at each word of the list `go` so many as it says; then waits for the next one.
const [url = "", namespace = "", name = "", maxEntries = "0"] = process.argv.slice(2);
const access = { url, namespace };
// Connections to Redis keep no process alive.
setInterval(() => undefined, 60_000);
const context = await openAnswers(access);
const log = createVectorLog({ context, blocking: connectRedis({ url }, "blocking") });
const store = new EmbeddedStore({ log, dimensions: testDimensions });
const words = connectRedis({ url }, "blocking");
await words.connect();
console.log("ready");
let next = 0;
for (;;) {
  const word = await words.blpop(`{${namespace}}:go-${name}`, 0);
  for (const until = next + Number(word?.[1]); next < until; next++) {
    const prompt = `${name}-${next}`;
    const point = pointOf({ prompt, vector: nearTo(randomVector(0), 0.2, Number(name) * 1_000 + next) });
    await putAnswer(context, point.entry, point.expiresAt - Date.now(), Number(maxEntries));
    await store.upsert([point]);
  }
  console.log(`stored ${next}`);
}
