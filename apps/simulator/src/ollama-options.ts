import { isRecord, ProblemError } from "./api.ts";

const integers = new Set("num_keep seed num_predict top_k num_ctx num_batch num_gpu main_gpu num_thread repeat_last_n".split(" "));
const floats = new Set("top_p min_p typical_p temperature repeat_penalty presence_penalty frequency_penalty".split(" "));
const duration = /^[-+]?(0|((\d+(\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h))+)$/;

export interface OllamaOptions {
  maxTokens: number | undefined;
  contextLength: number | undefined;
  stop: string[];
}

/**
 * Reads `options` as Ollama does: unknown ones are ignored, `num_predict` of 0 or less is no limit.
 * @throws {ProblemError} 500 for an option of a wrong type.
 */
export function readOptions(options: Record<string, unknown> = {}): OllamaOptions {
  for (const [name, value] of Object.entries(options)) {
    if (value === null) continue;
    if (integers.has(name) && typeof value !== "number") throw wrongType(name, "integer");
    if (floats.has(name) && typeof value !== "number") throw wrongType(name, "float32");
    if (name === "use_mmap" && typeof value !== "boolean") throw wrongType(name, "boolean");
    if (name === "stop" && !Array.isArray(value)) throw wrongType(name, "array");
  }
  const { num_predict: limit, num_ctx: context, stop } = options;
  return {
    maxTokens: typeof limit === "number" && limit > 0 ? limit : undefined,
    contextLength: typeof context === "number" && context > 0 ? context : undefined,
    stop: Array.isArray(stop) ? stop.filter((item) => typeof item === "string" && item !== "") : [],
  };
}

/** @throws {ProblemError} 500 for anything but "json" and a schema. Returns whether JSON is wanted. */
export function readFormat(format: unknown): boolean {
  if (format === undefined || format === null || format === "") return false;
  if (format === "json" || isRecord(format)) return true;
  const shown = JSON.stringify(JSON.stringify(format));
  throw new ProblemError({ status: 500, message: `invalid format: ${shown}; expected "json" or a valid JSON Schema object` });
}

/** @throws {ProblemError} 400 for text that is no duration. Returns whether the model is to be unloaded. */
export function readKeepAlive(keepAlive: unknown): boolean {
  if (typeof keepAlive !== "string") return keepAlive === 0;
  if (!duration.test(keepAlive)) throw new ProblemError({ status: 400, message: `time: invalid duration ${JSON.stringify(keepAlive)}` });
  return Number.parseFloat(keepAlive) === 0;
}

function wrongType(name: string, type: string): ProblemError {
  return new ProblemError({ status: 500, message: `option ${JSON.stringify(name)} must be of type ${type}` });
}
