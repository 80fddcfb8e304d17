/** What every part of a bench is told. */
export interface Setup {
  port: number;
  /** Of the prompt; both sides carry the same data. */
  promptBytes: number;
  /** Of the worker: runs at once. */
  concurrency: number;
}

export const namespace = "bench";
export const stockQueue = "bench";
/** The middle of NORMAL, which is what a request without a priority gets. */
export const stockPriority = 2_500;
/** Both sides keep as many finished jobs in BullMQ's sets. */
export const keepCompleted = 1_000;
export const answer = "The capital of France is Paris.";

/** A prompt of that many bytes. */
export function promptOf(bytes: number): string {
  return "What is the capital of France? ".repeat(Math.ceil(bytes / 31)).slice(0, bytes);
}

/** BullMQ's own defaults, on the bench's Redis. */
export function stockOptions(port: number): { connection: { host: string; port: number }; prefix: string } {
  return { connection: { host: "127.0.0.1", port }, prefix: "stock" };
}
