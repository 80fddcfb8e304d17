import type { Client, JobHandle, RequestStatus } from "@llm-router/client";
import { isRequestId, RouterError } from "@llm-router/contracts";
import { type Caller, maySee } from "../caller.ts";

/**
 * A job that the caller may know of.
 * @throws {RouterError} UNKNOWN_REQUEST, also for what another tenant has: that there is such a job is its own affair.
 */
export async function ownJob(client: Client, caller: Caller, id: string): Promise<{ job: JobHandle; status: RequestStatus }> {
  if (!isRequestId(id)) throw unknown(id);
  const job = client.attach(id);
  const status = await job.status().catch((error: unknown) => {
    // In the same words as for another tenant's.
    throw RouterError.is(error) && error.code === "UNKNOWN_REQUEST" ? unknown(id) : error;
  });
  if (!maySee(caller, status.tenant)) throw unknown(id);
  return { job, status };
}

function unknown(id: string): RouterError {
  return new RouterError("UNKNOWN_REQUEST", `There is no job ${id.slice(0, 120)}.`);
}
