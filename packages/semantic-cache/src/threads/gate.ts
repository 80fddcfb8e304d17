import { setTimeout as delay } from "node:timers/promises";

/**
 * Counts the threads that are inside onnxruntime, which must not be ended there, and lets none in once it is closed. A
 * thread first counts itself and then looks whether it is closed; who closes it does so first and then looks at the count.
 */
export type Gate = Int32Array;

const inside = 0;
const closed = 1;
const pollMs = 5;

export function createGate(): Gate {
  return new Int32Array(new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT));
}

/** In a thread. @throws Error when the gate is closed. */
export async function throughGate<Value>(gate: Gate, run: () => Promise<Value>): Promise<Value> {
  Atomics.add(gate, inside, 1);
  try {
    if (Atomics.load(gate, closed) === 1) throw new Error("the threads of the semantic cache were closed");
    return await run();
  } finally {
    Atomics.sub(gate, inside, 1);
    Atomics.notify(gate, inside);
  }
}

/** Resolves when no thread is inside, nor will be. */
export async function closeGate(gate: Gate): Promise<void> {
  Atomics.store(gate, closed, 1);
  while (Atomics.load(gate, inside) > 0) await delay(pollMs);
}

/** The same for the last moment of a process, when nothing can be awaited: holds the calling thread, at most `limitMs`. */
export function closeGateNow(gate: Gate, limitMs: number): void {
  Atomics.store(gate, closed, 1);
  const end = performance.now() + limitMs;
  for (let count = Atomics.load(gate, inside); count > 0 && performance.now() < end; count = Atomics.load(gate, inside))
    Atomics.wait(gate, inside, count, end - performance.now());
}
