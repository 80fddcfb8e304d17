import { createHash } from "node:crypto";

/** Ours, drawn once: names in it are partition, prompt and model. */
const space = Buffer.from("6d0f52c1b6f94d7d9d0a4a5b2f0c7e31", "hex");

/** RFC 9562 version 5: the same parts always have the same id. */
export function uuidV5(...parts: readonly string[]): string {
  const bytes = createHash("sha1").update(space).update(JSON.stringify(parts)).digest().subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x50;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
