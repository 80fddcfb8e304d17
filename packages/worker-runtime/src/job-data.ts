import { type JobData, readableJobVersions } from "@llm-router/contracts";

/** A job's data, or why this worker cannot read it. */
export type ParsedJob = { data: JobData; problem?: undefined } | { data?: undefined; problem: string };

/** Jobs come from our own clients, which validated the request; only their version is checked again. */
export function parseJobData(json: string): ParsedJob {
  const data = JSON.parse(json) as Partial<JobData>;
  if (data.v === undefined || data.request === undefined) return { problem: "The job was not written by an llm-router client." };
  if (readableJobVersions.includes(data.v)) return { data: { onBrokenStream: "restart", ...data, v: data.v, request: data.request } };
  const newest = Math.max(...readableJobVersions);
  const older = data.v > newest ? "this worker" : "the client";
  return { problem: `The job is of version ${data.v}, this worker reads ${readableJobVersions.join(" and ")}; upgrade ${older}.` };
}
