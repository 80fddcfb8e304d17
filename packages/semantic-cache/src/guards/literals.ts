import type { Guard } from "./guard.ts";
import type { Reading } from "./reading.ts";

const quotedPattern = /"([^"]+)"|`([^`]+)`|(?<![\p{L}\d])'([^']{2,}?)'(?![\p{L}\d])/gu;
/** URLs, mail addresses, file names, paths, calls, flags, snake_case, camelCase, letters with digits. */
const codePattern =
  /https?:\/\/\S+|[\w.+-]+@[\w-]+\.[\w.]+|[\w-]+\.(?:jsx?|tsx?|py|json|csv|txt|md|html?|css|java|go|rs|sh|sql|xml|ya?ml|toml|pdf|docx?|xlsx?|png|jpe?g|gif|exe|zip|log|conf|env)\b|(?<!\S)[~.]{0,2}\/[\w.-]+[\w./-]*|[\w$.]+\(|(?<=\s)--?[a-z][\w-]*|[a-z\d]+(?:_[a-z\d]+)+|\b[a-z]+(?:[A-Z][a-z\d]*)+\b|\b(?=\w*\d)(?=\w*[a-z])\w+\b/gi;

const letters = (text: string) =>
  text
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, " ")
    .trim();

function missing(from: Reading, inside: Reading): boolean {
  const other = ` ${letters(inside.text)} `;
  for (const [, double, back, single] of from.text.matchAll(quotedPattern)) {
    const quoted = letters(double ?? back ?? single ?? "");
    if (quoted && !other.includes(` ${quoted} `)) return true;
  }
  // Any case of the pattern is found, so that camelCase is told from a word here.
  return [...from.text.matchAll(codePattern)].some(([code]) => isCode(code) && !other.includes(` ${letters(code)} `));
}

function isCode(found: string): boolean {
  if (letters(found) === "") return false;
  if (/^(?:node|vue|react|next|express|three|d3|nuxt|angular)\.js$/i.test(found)) return false;
  if (/^\d+(?:st|nd|rd|th|s|am|pm|k|km|m|kg|g|cm|mm|gb|mb|tb|ml|x)?$/i.test(found)) return false;
  return !/^[a-z]+$/i.test(found) || /^[a-z]+[A-Z]/.test(found);
}

/** What is quoted, and what is code, is on both sides: the answer will repeat it. */
export const literals: Guard = {
  name: "literals",
  check: (a, b) => (missing(a, b) || missing(b, a) ? "refuse" : "pass"),
};
