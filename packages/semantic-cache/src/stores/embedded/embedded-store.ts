import type { VectorChange, VectorLog } from "@llm-router/contracts";
import type { VectorMatch, VectorPoint, VectorQuery, VectorStore, VectorStoreHealth } from "../../ports.ts";
import { assertLength } from "../assert-length.ts";
import { Arena } from "./arena.ts";
import { createProjection, type Projection } from "./projection.ts";

export interface EmbeddedStoreOptions {
  /** Where the vectors are kept for all processes. Closed with the store. */
  log: VectorLog;
  dimensions: number;
  /** Memory that vectors may take in this process (default 256 MiB); beyond it the partitions that were asked least recently go. */
  maxBytes?: number;
  /** Epoch ms (default: Date.now). */
  now?: () => number;
}

interface Partition {
  readonly arena: Arena;
  /** Vectors that changed and are to be read again. */
  readonly changed: Set<string>;
  /** Until all are read for the first time. */
  loading: Promise<void> | undefined;
  /** While changed ones are read. */
  refreshing: Promise<void> | undefined;
  /** As counted in the sum. */
  bytes: number;
}

const defaultMaxBytes = 256 * 1024 * 1024;
/** Also those that turned out to be empty, which most are that are asked for the first time. */
const maxPartitions = 10_000;

/** Keeps vectors in Redis, and searches copies of them in this process's memory: a partition is loaded when it is first asked. */
export class EmbeddedStore implements VectorStore {
  readonly #log: VectorLog;
  readonly #dimensions: number;
  readonly #project: Projection;
  readonly #maxBytes: number;
  readonly #now: () => number;
  /** In the order of their last use. */
  readonly #partitions = new Map<string, Partition>();
  #bytes = 0;
  #following: Promise<void> | undefined;
  #problem: string | undefined;

  constructor({ log, dimensions, maxBytes = defaultMaxBytes, now = Date.now }: EmbeddedStoreOptions) {
    this.#log = log;
    this.#dimensions = dimensions;
    this.#project = createProjection(dimensions);
    this.#maxBytes = maxBytes;
    this.#now = now;
  }

  async upsert(points: readonly VectorPoint[]): Promise<void> {
    for (const { vector, id } of points) assertLength(vector, this.#dimensions, id);
    await this.#noting(this.#log.put(points, { keep: true }));
    // What is put here is found here at once.
    await Promise.all(points.map(({ partition, id }) => this.#change(partition, [id])));
  }

  async query({ partition, ...query }: VectorQuery): Promise<VectorMatch[]> {
    assertLength(query.vector, this.#dimensions, "the question");
    const { arena } = await this.#noting(this.#loaded(partition));
    return arena.query({ ...query, now: this.#now() });
  }

  async delete(ids: readonly string[]): Promise<void> {
    await this.#noting(this.#log.delete(ids));
    await Promise.all(
      [...this.#partitions].map(([name, { arena }]) =>
        this.#change(
          name,
          ids.filter((id) => arena.has(id)),
        ),
      ),
    );
  }

  async deleteAll(): Promise<void> {
    await this.#noting(this.#log.clear());
    this.#dropAll();
  }

  async warmUp(): Promise<void> {
    await this.#noting(this.#follow());
  }

  health(): VectorStoreHealth {
    return {
      ok: this.#problem === undefined,
      ...(this.#problem !== undefined && { detail: this.#problem }),
      entries: [...this.#partitions.values()].reduce((sum, { arena }) => sum + arena.size, 0),
      bytes: this.#bytes,
    };
  }

  async close(): Promise<void> {
    await this.#log.close();
  }

  /** Changes are followed before anything is loaded, so that none is missed. */
  #follow(): Promise<void> {
    this.#following ??= this.#log
      .follow((changes) => this.#onChanges(changes))
      .catch((error: unknown) => {
        this.#following = undefined;
        throw error;
      });
    return this.#following;
  }

  async #loaded(name: string): Promise<Partition> {
    await this.#follow();
    const known = this.#partitions.get(name);
    const partition = known ?? this.#begin(name);
    // The last one used is the last in the map.
    this.#partitions.delete(name);
    this.#partitions.set(name, partition);
    await partition.loading;
    return partition;
  }

  #begin(name: string): Partition {
    const arena = new Arena(this.#dimensions, this.#project);
    const partition: Partition = { arena, changed: new Set(), loading: undefined, refreshing: undefined, bytes: 0 };
    partition.loading = this.#refresh(name, partition, () => this.#load(name, partition));
    partition.refreshing = partition.loading;
    return partition;
  }

  async #load(name: string, { arena }: Partition): Promise<void> {
    await this.#log.load(name, (points) => {
      for (const point of points) arena.put(point);
    });
  }

  /** @returns once what has changed is read. A partition that is not loaded will read it then. */
  async #change(name: string, ids: readonly string[]): Promise<void> {
    const partition = this.#partitions.get(name);
    if (!partition || ids.length === 0) return;
    for (const id of ids) partition.changed.add(id);
    partition.refreshing ??= this.#refresh(name, partition);
    await partition.refreshing;
  }

  /** One at a time for each partition: an older reading must not come after a newer one. */
  async #refresh(name: string, partition: Partition, load?: () => Promise<void>): Promise<void> {
    const { arena, changed } = partition;
    try {
      await load?.();
      while (changed.size > 0) {
        const ids = [...changed];
        changed.clear();
        const found = await this.#log.read(name, ids);
        for (const [i, id] of ids.entries()) {
          const point = found[i];
          if (point) arena.put(point);
          else arena.delete(id);
        }
      }
      partition.loading = undefined;
      partition.refreshing = undefined;
      if (this.#partitions.get(name) === partition) this.#count(partition);
      this.#makeRoom();
    } catch (error) {
      // What it holds may be old: it is loaded anew when it is asked again.
      if (this.#partitions.get(name) === partition) this.#drop(name, partition);
      throw error;
    }
  }

  #onChanges(changes: readonly VectorChange[]): void {
    const byPartition = new Map<string, string[]>();
    for (const change of changes) {
      if (change.kind === "reset") {
        this.#dropAll();
        byPartition.clear();
      } else byPartition.set(change.partition, [...(byPartition.get(change.partition) ?? []), change.id]);
    }
    for (const [name, ids] of byPartition) {
      // Its failure lets go of the partition, and shows in health().
      void this.#noting(this.#change(name, ids)).catch(() => undefined);
    }
  }

  #count(partition: Partition): void {
    this.#bytes += partition.arena.bytes - partition.bytes;
    partition.bytes = partition.arena.bytes;
  }

  #makeRoom(): void {
    for (const [name, partition] of this.#partitions) {
      const isTooMuch = this.#bytes > this.#maxBytes || this.#partitions.size > maxPartitions;
      if (!isTooMuch || this.#partitions.size === 1) return;
      if (!partition.refreshing) this.#drop(name, partition);
    }
  }

  #drop(name: string, partition: Partition): void {
    this.#partitions.delete(name);
    this.#bytes -= partition.bytes;
  }

  #dropAll(): void {
    this.#partitions.clear();
    this.#bytes = 0;
  }

  async #noting<T>(work: Promise<T>): Promise<T> {
    try {
      const value = await work;
      this.#problem = undefined;
      return value;
    } catch (error) {
      this.#problem = error instanceof Error ? error.message : String(error);
      throw error;
    }
  }
}
