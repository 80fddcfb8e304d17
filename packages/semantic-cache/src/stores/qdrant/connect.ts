import { QdrantClient } from "@qdrant/js-client-rest";

export interface QdrantAddress {
  /** `http://host:6333`, `https://…` for TLS, also with a path. Without a port: 6333. */
  url: string;
  apiKey?: string | undefined;
}

/** A client whose every call ends after `timeoutMs`. */
export function connectQdrant({ url, apiKey }: QdrantAddress, timeoutMs: number): QdrantClient {
  const { origin, pathname } = new URL(url);
  return new QdrantClient({
    url: origin,
    ...(pathname !== "/" && { prefix: pathname.replace(/\/$/, "") }),
    timeout: timeoutMs,
    // As its own option it would warn on the console about every server without TLS.
    ...(apiKey !== undefined && { headers: { "api-key": apiKey } }),
    // Its check writes to the console, too.
    checkCompatibility: false,
  });
}

/** Why a call failed, in a line. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "QdrantClientTimeoutError") return "no answer in time";
  const status = statusOf(error);
  const cause = error.cause instanceof Error ? `: ${error.cause.message}` : "";
  return status === undefined ? `${error.message.split("\n")[0]}${cause}` : `HTTP ${status}${detailOf(error)}`;
}

/** The HTTP status of a refusal. */
export function statusOf(error: unknown): number | undefined {
  const status: unknown = error instanceof Error ? Reflect.get(error, "status") : undefined;
  return typeof status === "number" ? status : undefined;
}

function detailOf(error: Error): string {
  const data: unknown = Reflect.get(error, "data");
  const status: unknown = typeof data === "object" && data !== null ? Reflect.get(data, "status") : undefined;
  const detail: unknown = typeof status === "object" && status !== null ? Reflect.get(status, "error") : undefined;
  return typeof detail === "string" ? ` (${detail})` : "";
}
