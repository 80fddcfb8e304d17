import { connectClient } from "@llm-router/client";

// Submits one request, says its id, and prints its answer when it comes.
const [redis = "", namespace = ""] = process.argv.slice(2);
const client = await connectClient({ redis, namespace });
const job = await client.enqueue({ prompt: "hi" });
console.log(`accepted ${job.id}`);
console.log(`answer ${(await job.result()).content}`);
await client.close();
