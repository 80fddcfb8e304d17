import type { IncomingHttpHeaders } from "node:http";

/** The key that a request shows: `authorization: Bearer KEY`, or `x-api-key: KEY`. */
export function shownKey({ authorization, "x-api-key": plain }: IncomingHttpHeaders): string | undefined {
  const bearer = /^Bearer +(\S+) *$/i.exec(authorization ?? "")?.[1];
  return bearer ?? (typeof plain === "string" && plain !== "" ? plain : undefined);
}
