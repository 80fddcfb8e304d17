import type { History } from "../lib/index-history.ts";

/** What an invariant's check found. */
export interface Violation {
  /** The invariant's name, such as `lost` or `order`. */
  kind: string;
  id?: string;
  /** ms since the epoch, where the moment is known. */
  at?: number;
  detail: string;
}

export interface Findings {
  violations: Violation[];
  /** Requests that Redis's own death took back, as its durability allows. */
  rolledBack?: number;
}

/** One invariant: a pure function of a history. */
export type Check = (history: History) => Findings;
