/**
 * OLLAMA_HOST as Ollama reads it: with or without scheme and port, and 0.0.0.0 is where a server listens, not where it is found.
 * @param host Default 127.0.0.1.
 * @returns undefined for what is no address.
 */
export function ollamaUrl(host = ""): string | undefined {
  const text = host.trim() || "127.0.0.1";
  const hasScheme = /^https?:\/\//i.test(text);
  const address = hasScheme ? text : `http://${/:\d+\/?$/.test(text) ? text : `${text}:11434`}`;
  if (!URL.canParse(address)) return undefined;
  const url = new URL(address);
  if (url.hostname === "0.0.0.0") url.hostname = "127.0.0.1";
  return url.origin;
}
