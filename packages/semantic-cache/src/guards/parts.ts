import type { Guard } from "./guard.ts";
import type { Reading } from "./reading.ts";

const question =
  /^(?:what|what's|how|why|who|whom|whose|where|when|which|is|are|was|were|do|does|did|can|could|should|would|will|has|have|am|may|must)$/;

/** Questions in one prompt: each with its own mark, and those that "and how", "and why" or "if so" add to one. */
function questionsIn({ text, words }: Reading): number {
  const marks = text.split("?").filter((part) => /\p{L}/u.test(part)).length;
  const marked = text.includes("?") ? Math.max(1, text.trimEnd().endsWith("?") ? marks : marks - 1) : 1;
  const added = words.filter((word, at) => word === "and" && question.test(words[at + 1] ?? "") && isAsked(words, at)).length;
  return marked + added;
}

/** In "the book and is it good" and "and why?", not in "who is and was". */
function isAsked(words: readonly string[], at: number): boolean {
  return !question.test(words[at - 1] ?? "");
}

/** A prompt that asks one thing more wants more in its answer. */
export const parts: Guard = {
  name: "parts",
  check: (a, b) => (questionsIn(a) === questionsIn(b) ? "pass" : "doubt"),
};
