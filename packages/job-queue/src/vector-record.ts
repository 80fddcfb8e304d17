import type { LoggedVector, StoredVector } from "@llm-router/contracts";

// What Redis keeps of a vector: f64 when its answer expires (the script puts it in front), u32 length of the head, the head (JSON:
// entry, model, prompt), and the vector as f32. All little-endian, as every machine that Node runs on has it.

const expiryBytes = 8;
const lengthBytes = 4;

interface Head {
  e: string;
  m: string;
  p: string;
}

/** All but the expiry, as text that Redis takes for bytes. */
export function encodeVector({ entry, model, prompt, vector }: LoggedVector): Buffer {
  const head = Buffer.from(JSON.stringify({ e: entry, m: model, p: prompt } satisfies Head));
  const length = Buffer.alloc(lengthBytes);
  length.writeUInt32LE(head.length);
  return Buffer.concat([length, head, Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength)]);
}

export function decodeVector(partition: string, id: Buffer | string | undefined, record: Buffer | undefined): StoredVector {
  if (id === undefined || record === undefined) throw new Error("Redis answered half a field");
  const headAt = expiryBytes + lengthBytes;
  const vectorAt = headAt + record.readUInt32LE(expiryBytes);
  const { e: entry, m: model, p: prompt } = JSON.parse(record.toString("utf8", headAt, vectorAt)) as Head;
  // A copy: Redis's answers share one buffer, at odd places.
  const vector = new Float32Array(Uint8Array.from(record.subarray(vectorAt)).buffer);
  return { id: id.toString(), partition, entry, model, prompt, vector, expiresAt: record.readDoubleLE(0) };
}
