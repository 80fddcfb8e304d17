import type { JobHandle } from "@llm-router/client";
import type { Delta } from "@llm-router/contracts";
import { expect } from "vitest";

/** Everything that a live reader is given, which is what a late one is given at the end. */
export function readDeltas(job: JobHandle): Promise<Delta[]> {
  const reading = (async () => {
    const live = await Array.fromAsync(job.deltas());
    expect(await Array.fromAsync(job.deltas())).toEqual(live);
    return live;
  })();
  reading.catch(() => undefined); // for who awaits it, later
  return reading;
}

/** The text after the last restart, which is the whole answer. */
const finalText = (deltas: readonly Delta[]): string =>
  deltas
    .slice(deltas.findLastIndex(({ restart }) => restart) + 1)
    .map(({ text = "" }) => text)
    .join("");

/** A live reader of two runs: nothing twice, nothing of the older run after the newer one began, and the answer whole. */
export function expectOneAnswer(deltas: readonly Delta[], content: string): void {
  const seqs = deltas.map(({ seq }) => seq);
  expect(seqs).toEqual([...new Set(seqs)].toSorted((a, b) => a - b));
  // No delta of an older run after the first one of a newer.
  const epochs = deltas.map(({ epoch }) => epoch);
  expect(epochs).toEqual(epochs.toSorted((a, b) => a - b));
  expect(new Set(epochs).size).toBe(2);
  expect(finalText(deltas)).toBe(content);
}
