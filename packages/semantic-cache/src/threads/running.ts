/** How many threads are inside onnxruntime, shared by all of them. */
export function createRunning(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
}

/** In a thread: what is done inside is waited for by {@link waitUntilNoneRuns}. */
export async function whileRunning<Value>(running: Int32Array, run: () => Promise<Value>): Promise<Value> {
  Atomics.add(running, 0, 1);
  try {
    return await run();
  } finally {
    Atomics.sub(running, 0, 1);
    Atomics.notify(running, 0);
  }
}

/** Holds the calling thread until nothing runs, at most `limitMs`. Only for the last moment of a process. */
export function waitUntilNoneRuns(running: Int32Array, limitMs: number): void {
  const end = performance.now() + limitMs;
  for (let count = Atomics.load(running, 0); count > 0 && performance.now() < end; count = Atomics.load(running, 0))
    Atomics.wait(running, 0, count, end - performance.now());
}
