import { BackendError } from "@llm-router/contracts";
import type { BodyInspector } from "../http.ts";

const newline = 0x0a;
const lineStarts = new Set([0x7b, newline, 0x0d]); // "{", and the ends of an empty line

/**
 * Looks at the bytes of an Ollama stream before the library does: it prints each line that it cannot parse, which may be
 * a part of an answer, to this process's console, and goes on as if nothing had been missing.
 */
export function createLineGuard(server: string): BodyInspector {
  let last = newline;
  return {
    chunk(bytes) {
      for (
        let start = last === newline ? 0 : bytes.indexOf(newline) + 1 || bytes.length;
        start < bytes.length;
        start = bytes.indexOf(newline, start) + 1 || bytes.length
      ) {
        if (!lineStarts.has(bytes[start] ?? newline))
          throw new BackendError("server-error", `${server} sent something that is not Ollama's stream; check the baseUrl.`);
      }
      last = bytes.at(-1) ?? last;
    },
    end() {
      if (last !== newline && last !== 0x7d) throw new BackendError("truncated", `${server} ended its answer in the middle of a line.`);
    },
  };
}
