import { errorCatalog, type RouterError } from "@llm-router/contracts";
import type { ErrorFormat } from "../error-handler.ts";

/** Ollama's errors are one text, so that says also what to do. */
export function errorText({ message, fix, code }: RouterError): string {
  return `${message} ${fix} (${code})`;
}

export const ollamaErrors: ErrorFormat = {
  // Ollama answers 404 for a model that it does not have.
  status: ({ code }) => (code === "UNKNOWN_MODEL" ? 404 : errorCatalog[code].status),
  body: (error) => ({ error: errorText(error) }),
};
