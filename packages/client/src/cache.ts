import { RouterError, type SemanticCacheState } from "@llm-router/contracts";
import {
  type CacheReport,
  type CacheStats,
  findCacheEntry,
  forgetCacheEntry,
  purgeCache,
  readCacheStats,
  readReportedPairs,
  reportCacheHit,
  type ReportedPair,
} from "@llm-router/job-queue";
import type { Connection } from "./connection.ts";

/** What is purged: the entry of a request that made or got its answer (or `<cache key>:<model>`), all of one model, or all. */
export type CacheSelection = { id: string } | { model: string } | { all: true };

/** The answers that the namespace keeps. */
export class Cache {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** What the cache did, all processes together, and what it holds. */
  async stats(): Promise<CacheStats> {
    return this.#connection.perform("reading the cache's statistics", () => readCacheStats(this.#connection.context));
  }

  /** Whether this process finds answers in other words, why not, and whether what holds its vectors answers. */
  semanticState(): SemanticCacheState {
    return this.#connection.options.semanticCache?.state() ?? { state: "off", detail: "this process has none" };
  }

  /** Forgets answers; they are served no more from then on. Returns how many there were. @throws {RouterError} REDIS_UNAVAILABLE. */
  async purge(selection: CacheSelection): Promise<number> {
    const { context } = this.#connection;
    return this.#connection.perform("purging the cache", async () => {
      if (!("id" in selection)) return purgeCache(context, "model" in selection ? { model: selection.model } : {});
      const entry = await findCacheEntry(context, selection.id);
      return entry !== undefined && (await forgetCacheEntry(context, entry)) ? 1 : 0;
    });
  }

  /**
   * A request was answered wrongly from the cache: its entry is forgotten. Of an answer to other words both questions are kept, for
   * training, as long as the request's outcome is known.
   * @throws {RouterError} UNKNOWN_REQUEST when no entry belongs to it.
   */
  async report(requestId: string): Promise<CacheReport> {
    const report = await this.#connection.perform("reporting the hit", () => reportCacheHit(this.#connection.context, requestId));
    if (report.entry === undefined) {
      throw new RouterError("UNKNOWN_REQUEST", `No answer in the cache belongs to request ${requestId}; it may be gone already.`, {
        id: requestId,
      });
    }
    return report;
  }

  /** The questions of reported hits, the last 1,000, oldest first. */
  async reportedPairs(): Promise<ReportedPair[]> {
    return this.#connection.perform("reading the reported hits", () => readReportedPairs(this.#connection.context));
  }
}
