/** A candidate before a strategy ranks it. */
export interface RankedModel {
  model: string;
  /** Place in the route: targets first, then fallbacks. */
  index: number;
  fallback: boolean;
}

/** A candidate's bounds: the dispatch script takes the allowed one with the lowest order + perDepth × depth + perWaitMs × expectedWaitMs. */
export interface Rank {
  order: number;
  perDepth: number;
  perWaitMs: number;
}

/** Pure: the same route always gives the same ranks, and all that changes is read by the script. */
export type Strategy = (candidate: RankedModel) => Rank;
