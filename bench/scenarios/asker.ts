import { Client } from "@llm-router/client";
import type { Request } from "@llm-router/contracts";

// A process that asks all of REQUESTS at once, and prints their results in that order.
const client = new Client();
const requests = JSON.parse(process.env["REQUESTS"] ?? "[]") as Request[];
const results = await Promise.all(requests.map((request) => client.generate(request)));
console.log(`answered ${JSON.stringify(results)}`);
await client.close();
