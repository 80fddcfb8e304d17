import { Client } from "@llm-router/client";
import type { Request } from "@llm-router/contracts";

// A process that asks the same question several times at once (ASKS, and REQUEST as JSON), and says what it got.
const client = new Client();
const request = JSON.parse(process.env["REQUEST"] ?? "{}") as Request;
const results = await Promise.all(Array.from({ length: Number(process.env["ASKS"]) }, () => client.generate(request)));
console.log(`answered ${JSON.stringify(results.map(({ id, content, coalesced, cached }) => ({ id, content, coalesced, cached })))}`);
await client.close();
