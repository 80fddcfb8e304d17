import type { Guard } from "./guard.ts";
import type { Reading } from "./reading.ts";

/** An instruction about a text that follows it. */
const instruction =
  /\b(?:summari[sz]e|summary|tl;?dr|translat\w+|rewrite|rephrase|paraphrase|fix|correct|proofread|classify|sentiment|extract|convert|simplify|shorten|expand|edit|improve|review|refactor|debug|explain|sentence|text|code|paragraph|article|email|following|this|these|voice|tense)\b/i;
const shortest = 4;

const letters = (text: string) =>
  text
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, " ")
    .trim();

/** What an instruction works on: the text behind its first colon or line break. */
function payloadOf({ text }: Reading): string | undefined {
  const at = text.search(/[:\n]/);
  if (at < 0 || !instruction.test(text.slice(0, at))) return undefined;
  const rest = letters(text.slice(at + 1));
  return rest.split(" ").length >= shortest ? rest : undefined;
}

/** An instruction on two texts has two answers, even if the texts say the same. */
export const payload: Guard = {
  name: "payload",
  check(a, b) {
    const [one, other] = [payloadOf(a), payloadOf(b)];
    if (one === other) return "pass";
    if (one !== undefined && other !== undefined) return "refuse";
    return letters(one === undefined ? a.text : b.text).includes(one ?? other ?? "") ? "pass" : "doubt";
  },
};
