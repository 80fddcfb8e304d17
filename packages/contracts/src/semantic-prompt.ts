import { normalisePrompt } from "./cache-key.ts";
import { imagesOf, questionOf } from "./question.ts";
import type { Request } from "./request.ts";

/**
 * What the semantic cache compares: the question, when it is one text and no image is with it; undefined otherwise. A
 * message of several texts may mean each of them differently, and an image is not read by the embedder: such requests
 * are answered from the cache only when they are equal.
 */
export function semanticPrompt(request: Pick<Request, "prompt" | "messages" | "images">): string | undefined {
  if (imagesOf(request).length > 0) return undefined;
  const { texts } = questionOf(request);
  const prompt = texts.length === 1 ? normalisePrompt(texts[0] ?? "") : "";
  return prompt === "" ? undefined : prompt;
}
