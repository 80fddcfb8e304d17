import { Client } from "@llm-router/client";

// A producer process: it submits ten requests, says their ids, and how many were answered, unless it is killed before.
const client = new Client();
const jobs = await client.enqueueMany(Array.from({ length: 10 }, (_, n) => ({ prompt: `[[p${n}]]`, onDisconnect: "cancel" as const })));
console.log(`ids ${jobs.map((job) => (job.ok ? job.job.id : "refused")).join(" ")}`);
const outcomes = await Promise.all(jobs.map(async (job) => (job.ok ? job.job.outcome() : undefined)));
console.log(`completed ${outcomes.filter((outcome) => outcome?.state === "completed").length}`);
await client.close();
