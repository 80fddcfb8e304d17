/** Longest message that is passed on, in characters. */
const maxLength = 400;
/** Shorter texts occur in messages by chance; nothing is hidden by cutting them out. */
const minEchoLength = 12;

export interface ScrubOptions {
  /** Keys that must not show, whatever they look like. */
  secrets?: readonly (string | undefined)[];
  /** Prompts, which providers sometimes echo. */
  prompts?: readonly string[];
}

/** The text of whatever was thrown. */
export function thrownText(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** Takes keys, bearer tokens, credentials in URLs and echoed prompts out of a provider's message, and bounds its length. */
export function scrub(message: string, options: ScrubOptions = {}): string {
  let text = message;
  for (const secret of options.secrets ?? []) if (secret) text = text.replaceAll(secret, "[key]");
  for (const prompt of options.prompts ?? []) if (prompt.length >= minEchoLength) text = text.replaceAll(prompt, "[prompt]");
  text = text
    .replace(/\b(bearer|basic)\s+[\w.~+/=-]{6,}/gi, "$1 [key]")
    .replace(/\b(?:sk|pk|rk|gsk|xai|hf)[-_][\w*.-]{6,}/g, "[key]")
    .replace(/\/\/[^\s/@]+@/g, "//")
    .replace(/\s+/g, " ")
    .trim();
  return text.length > maxLength ? `${text.slice(0, maxLength)}…` : text;
}
