const urlPassword = /([a-z][a-z0-9+.-]*:\/\/[^\s/@:"']*):[^\s/@"']+@/gi;
const secretField = /"(api[-_]?key|authorization|x-api-key|password|secret)"\s*:\s*"(?:[^"\\]|\\.)*"/gi;
const bearerToken = /\b(Bearer\s+)[\w.~+/=-]{8,}/gi;

/** A URL fit for a log: its password, if it has one, reads `***`. Anything that is not a URL comes back unchanged. */
export function redactUrl(url: string): string {
  return url.replace(urlPassword, "$1:***@");
}

/** Takes secrets out of a line of text or JSON: passwords in URLs, bearer tokens, and the fields apiKey, authorization, password and secret. */
export function redactText(text: string): string {
  return redactUrl(text).replace(secretField, '"$1":"***"').replace(bearerToken, "$1***");
}
