import { Client } from "@llm-router/client";

// A producer process: it submits requests, says their ids, and how many were answered and refused, unless it is killed before.
const client = new Client();
const count = Number(process.env["REQUESTS"] ?? 10);
const jobs = await client.enqueueMany(Array.from({ length: count }, (_, n) => ({ prompt: `[[p${n}]]`, onDisconnect: "cancel" as const })));
console.log(`ids ${jobs.map((job) => (job.ok ? job.job.id : "refused")).join(" ")}`);
const outcomes = await Promise.all(jobs.map(async (job) => (job.ok ? job.job.outcome() : undefined)));
const [completed, refused] = [outcomes.filter((outcome) => outcome?.state === "completed").length, jobs.filter(({ ok }) => !ok).length];
console.log(`completed ${completed} refused ${refused}`);
await client.close();
