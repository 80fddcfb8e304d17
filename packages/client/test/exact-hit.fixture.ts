import { connectClient } from "@llm-router/client";

// Asks what the cache has an answer to, says so, and ends without closing anything.
const [redis = "", namespace = ""] = process.argv.slice(2);
const client = await connectClient({ redis, namespace });
console.log(`answered ${(await client.generate({ prompt: "What is Python?", temperature: 0 })).id}`);
