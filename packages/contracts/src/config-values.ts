import { z } from "zod";

/** A time, ms. */
export const ms = z.int().positive();

/** An address without credentials or query, or one that an environment variable completes (checked when it is expanded). */
export const baseUrl = z.string().refine((text) => baseUrlProblem(text) === undefined, {
  error: (issue) => baseUrlProblem(String(issue.input)) ?? "is not an address",
});

/** Why `text` cannot be a base URL, or undefined. Says nothing of the text itself: it may hold a password. */
export function baseUrlProblem(text: string): string | undefined {
  if (/\/\/[^/]*@/.test(text)) return "holds a user name or a password; give the address only, and the key as apiKey: ${NAME}";
  if (text.includes("${")) return undefined;
  if (/[?#]/.test(text)) return "holds a query or a fragment; give the address only";
  const isHttp = /^https?:\/\/[^/]/i.test(text) && URL.canParse(text);
  return isHttp ? undefined : "must be an http or https address, such as http://127.0.0.1:11434";
}
