import { isRecord } from "@llm-router/contracts";
/** What a provider's error body says. */
export interface ProviderMessage {
  text: string;
  /** OpenAI's `error.code` or `error.type`, such as `context_length_exceeded`. */
  code?: string;
}

/**
 * Reads an error body: Ollama's `{"error":"…"}`, OpenAI's `{"error":{"message","code"}}`, FastAPI's `detail`, or plain
 * text. Pages of HTML say nothing; FastAPI's details repeat the whole request in `input`, so only their `msg` is taken.
 */
export function readProviderMessage(body: string): ProviderMessage {
  const plain = body.trim();
  if (plain.startsWith("<")) return { text: "" };
  let parsed: unknown;
  try {
    parsed = JSON.parse(plain);
  } catch {
    return { text: plain }; // not JSON: the text is the message
  }
  return fromJson(parsed);
}

function fromJson(value: unknown): ProviderMessage {
  if (typeof value === "string") return { text: value };
  if (!isRecord(value)) return { text: "" };
  if (value["error"] !== undefined && value["error"] !== null) return fromJson(value["error"]);
  const detail = value["detail"];
  if (Array.isArray(detail))
    return { text: detail.flatMap((entry) => (isRecord(entry) && typeof entry["msg"] === "string" ? [entry["msg"]] : [])).join("; ") };
  const text = value["message"] ?? detail;
  const code = value["code"] ?? value["type"];
  return { text: typeof text === "string" ? text : "", ...(typeof code === "string" && { code }) };
}
