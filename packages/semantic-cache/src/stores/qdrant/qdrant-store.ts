import type { QdrantClient } from "@qdrant/js-client-rest";
import { RouterError, type VectorChange, type VectorLog } from "@llm-router/contracts";
import type { VectorMatch, VectorPoint, VectorQuery, VectorStore, VectorStoreHealth } from "../../ports.ts";
import { assertLength } from "../assert-length.ts";
import { ensureCollection } from "./collection.ts";
import { connectQdrant, type QdrantAddress, reasonOf, statusOf } from "./connect.ts";
import { toMatches, toPoint } from "./point.ts";
import { StoreBreaker, type StoreBreakerOptions } from "./store-breaker.ts";

export interface QdrantStoreOptions extends QdrantAddress {
  /** The whole name. */
  collection: string;
  dimensions: number;
  /** What a query may take, ms (default 100). */
  timeoutMs?: number;
  /** Says which answers are gone, whose points are deleted then. Closed with the store. */
  log: VectorLog;
  breaker?: StoreBreakerOptions;
  /** Epoch ms (default: Date.now). */
  now?: () => number;
}

/** Of everything but queries, which nobody waits for, ms. */
const patientMs = 10_000;
/** Between two sweeps of expired points, ms. */
const sweepMs = 600_000;
const pointsPerCall = 64;

/** Keeps vectors in Qdrant. A Qdrant that is slow, away or talks nonsense fails the call at hand, and is left alone for a while. */
export class QdrantStore implements VectorStore {
  readonly #options: QdrantStoreOptions;
  readonly #timeoutMs: number;
  readonly #now: () => number;
  readonly #quick: QdrantClient;
  readonly #patient: QdrantClient;
  readonly #breaker: StoreBreaker;
  readonly #sweeping: NodeJS.Timeout;
  #ready: Promise<void> | undefined;
  #following: Promise<void> | undefined;

  constructor(options: QdrantStoreOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#timeoutMs = options.timeoutMs ?? 100;
    this.#quick = connectQdrant(options, this.#timeoutMs);
    this.#patient = connectQdrant(options, patientMs);
    this.#breaker = new StoreBreaker(options.breaker);
    // What fails is swept next time, and no query finds it meanwhile.
    this.#sweeping = setInterval(() => void this.#sweep().catch(() => undefined), sweepMs).unref();
  }

  async upsert(points: readonly VectorPoint[]): Promise<void> {
    for (const { id, vector } of points) assertLength(vector, this.#options.dimensions, id);
    const expiries = await this.#options.log.put(points, { keep: false });
    const bound = points.flatMap((point, i) => {
      const expiresAt = expiries[i] ?? 0;
      return expiresAt === 0 ? [] : [toPoint({ ...point, expiresAt })];
    });
    for (let from = 0; from < bound.length; from += pointsPerCall) {
      const part = bound.slice(from, from + pointsPerCall);
      await this.#call(() => this.#patient.upsert(this.#options.collection, { points: part, wait: false }));
    }
  }

  async query({ partition, vector, limit, floor, models }: VectorQuery): Promise<VectorMatch[]> {
    assertLength(vector, this.#options.dimensions, "the question");
    if (models.length === 0) return [];
    const must = [
      { key: "partition", match: { value: partition } },
      { key: "model", match: { any: [...models] } },
      { key: "expires_at", range: { gt: this.#now() } },
    ];
    const request = { query: Array.from(vector), filter: { must }, score_threshold: floor, limit, with_payload: true };
    return this.#call(async () => toMatches(await this.#quick.query(this.#options.collection, request)), this.#timeoutMs);
  }

  async delete(ids: readonly string[]): Promise<void> {
    await this.#options.log.delete(ids);
    await this.#deletePoints(ids);
  }

  async deleteAll(): Promise<void> {
    await this.#options.log.clear();
    await this.#call(() =>
      this.#patient.delete(this.#options.collection, { filter: { must: [{ key: "expires_at", range: { gte: 0 } }] }, wait: true }),
    );
  }

  /** Makes the collection, if need be, and the first connection. @throws what Qdrant or Redis says. */
  async warmUp(): Promise<void> {
    this.#following ??= this.#options.log
      .follow((changes) => this.#onChanges(changes))
      .catch((error: unknown) => {
        this.#following = undefined;
        throw error;
      });
    await this.#following;
    await this.#sweep();
    // Queries have connections of their own. One that is slow the first time shows in health(), and may be quick the next time.
    await this.#count().catch(() => undefined);
  }

  async health(): Promise<VectorStoreHealth> {
    const { problem } = this.#breaker;
    if (problem !== undefined) return { ok: false, detail: `Qdrant: ${problem}` };
    try {
      return { ok: true, entries: await this.#count() };
    } catch (error) {
      return { ok: false, detail: `Qdrant: ${reasonOf(error)}` };
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#sweeping);
    await this.#options.log.close();
  }

  /** Points whose answers are gone. Where it fails, a lookup that finds one of them finds no answer. */
  #onChanges(changes: readonly VectorChange[]): void {
    const gone = new Set<string>();
    for (const change of changes) {
      if (change.kind === "delete") gone.add(change.id);
      if (change.kind === "put") gone.delete(change.id);
    }
    if (gone.size > 0) void this.#deletePoints([...gone]).catch(() => undefined);
  }

  async #deletePoints(ids: readonly string[]): Promise<void> {
    await this.#call(() => this.#patient.delete(this.#options.collection, { points: [...ids], wait: false }));
  }

  async #count(): Promise<number> {
    const { count } = await this.#call(() => this.#quick.count(this.#options.collection, { exact: true }), this.#timeoutMs);
    return count;
  }

  async #sweep(): Promise<void> {
    const expired = { must: [{ key: "expires_at", range: { lte: this.#now() } }] };
    await this.#call(() => this.#patient.delete(this.#options.collection, { filter: expired, wait: false }));
  }

  /**
   * @param readyMs How long the collection is waited for, where it is not there yet.
   * @throws Error with Qdrant's reason; RouterError CONFIG_INVALID when the collection is another one's.
   */
  async #call<T>(work: () => Promise<T>, readyMs = patientMs): Promise<T> {
    return this.#breaker.run(async () => {
      try {
        await within(readyMs, this.#collectionReady());
        return await work();
      } catch (error) {
        // The collection was deleted: it is made anew at the next call.
        if (statusOf(error) === 404) this.#ready = undefined;
        if (RouterError.is(error)) throw error;
        throw new Error(reasonOf(error), { cause: error });
      }
    });
  }

  #collectionReady(): Promise<void> {
    const { collection: name, dimensions } = this.#options;
    this.#ready ??= ensureCollection(this.#patient, { name, dimensions }).catch((error: unknown) => {
      this.#ready = undefined;
      throw error;
    });
    return this.#ready;
  }
}

/** Whose work goes on unheard when the time is over. */
async function within<T>(limitMs: number, work: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error("no answer in time")), limitMs);
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
