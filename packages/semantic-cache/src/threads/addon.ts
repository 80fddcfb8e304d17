import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/*
 * onnxruntime-node 1.14 keeps one reference for the whole process: to the class that it made when it was loaded last.
 * Each thread that loads it drops the reference of whoever was last. That is a write into that thread's memory, and into
 * freed memory when that thread has ended: the process dies, or goes on with a damaged heap. So the main thread, which
 * never ends, is always the last: it loads it first; it stands still while a thread loads it; and then it loads it once
 * more, while that thread stands still. The threads take turns.
 */

const require = createRequire(import.meta.url);

/** Steps of a turn, in a cell that both sides share. */
const asked = 0;
const granted = 1;
const loaded = 2;
const done = 3;

/** What a thread sends to ask for its turn; the main thread answers with {@link giveTurn}. */
export interface TurnRequest {
  turn: Int32Array;
}

/** How long the main thread stands still at most: the thread's part takes about 1 ms. */
const longestStandMs = 250;
const pollMs = 5;

/** The file of onnxruntime for this machine. */
export function findAddon(): string {
  return join(dirname(require.resolve("onnxruntime-node")), "../bin/napi-v3", process.platform, process.arch, "onnxruntime_binding.node");
}

/** In the main thread, before any thread: see above. Takes some 10 ms, once. @throws Error when this machine has no such file, or cannot load it. */
export function holdAddon(addon: string): void {
  process.dlopen({ exports: {} }, addon);
}

/** In the main thread: lets a thread load it. */
export function giveTurn({ turn }: TurnRequest, addon: string): void {
  step(turn, granted);
  Atomics.wait(turn, 0, granted, longestStandMs);
  takeBack(turn, addon);
}

/** A thread that got no processor for that long finds the main thread moving: better than a process that stands still. */
function takeBack(turn: Int32Array, addon: string): void {
  if (Atomics.load(turn, 0) !== loaded) {
    setTimeout(() => takeBack(turn, addon), pollMs).unref();
    return;
  }
  holdAddon(addon);
  step(turn, done);
}

/** In a thread: loads it in its turn. @param ask Sends the request to the main thread. @throws Error when it cannot be loaded. */
export function takeTurn(addon: string, ask: (request: TurnRequest) => void): void {
  const turn = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  ask({ turn });
  Atomics.wait(turn, 0, asked);
  try {
    // By its path, and so found by onnxruntime-node's own require().
    require(addon);
  } finally {
    step(turn, loaded);
    Atomics.wait(turn, 0, loaded);
  }
}

function step(turn: Int32Array, value: number): void {
  Atomics.store(turn, 0, value);
  Atomics.notify(turn, 0);
}
