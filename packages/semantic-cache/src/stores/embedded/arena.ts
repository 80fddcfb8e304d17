import type { StoredVector } from "@llm-router/contracts";
import type { VectorMatch } from "../../ports.ts";
import type { Projection } from "./projection.ts";
import { createSegment, growSegment, type Segment, segmentRows } from "./segment.ts";

export interface ArenaQuery {
  vector: Float32Array;
  limit: number;
  floor: number;
  models: readonly string[];
  /** What has expired by then is not found, epoch ms. */
  now: number;
}

/** The first segment grows from that by doubling; when it is full-grown another one is begun, so that no growth copies much. */
const firstRows = 16;
/** What a row takes beside its vector and its texts, and an arena beside its rows, roughly. */
const rowBytes = 200;
const arenaBytes = 1_000;

type Row = Omit<StoredVector, "vector" | "partition">;

/** The vectors of one partition in memory, searched exactly. */
export class Arena {
  readonly #dimensions: number;
  readonly #project: Projection;
  readonly #segments: Segment[] = [];
  readonly #rows: Row[] = [];
  readonly #rowOf = new Map<string, number>();
  #textBytes = 0;

  constructor(dimensions: number, project: Projection) {
    this.#dimensions = dimensions;
    this.#project = project;
  }

  get size(): number {
    return this.#rows.length;
  }

  get bytes(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.bytes, arenaBytes + this.#textBytes + this.size * rowBytes);
  }

  has(id: string): boolean {
    return this.#rowOf.has(id);
  }

  put({ id, entry, model, prompt, expiresAt, vector }: StoredVector): void {
    const row: Row = { id, entry, model, prompt, expiresAt };
    const known = this.#rowOf.get(id);
    const index = known ?? this.#rows.length;
    this.#segmentFor(index).set(index % segmentRows, vector, this.#project(vector));
    this.#textBytes += textBytes(row) - (known === undefined ? 0 : textBytes(this.#rows[known]));
    this.#rows[index] = row;
    this.#rowOf.set(id, index);
  }

  delete(id: string): void {
    const index = this.#rowOf.get(id);
    if (index === undefined) return;
    const lastIndex = this.#rows.length - 1;
    const last = this.#rows[lastIndex];
    this.#textBytes -= textBytes(this.#rows[index]);
    // The last row takes its place.
    if (last && index !== lastIndex) {
      this.#segmentFor(index).copy(index % segmentRows, this.#segmentFor(lastIndex), lastIndex % segmentRows);
      this.#rows[index] = last;
      this.#rowOf.set(last.id, index);
    }
    this.#rows.pop();
    this.#rowOf.delete(id);
    if (this.#segments.length > Math.ceil(this.size / segmentRows)) this.#segments.pop();
  }

  /** The nearest that are as near as `floor`, nearest first. */
  query({ vector, limit, floor, models, now }: ArenaQuery): VectorMatch[] {
    const question = { vector, projected: this.#project(vector) };
    const allowed = new Set(models);
    const found: VectorMatch[] = [];
    let least = floor;
    for (const [s, segment] of this.#segments.entries()) {
      const base = s * segmentRows;
      const { rows, cosines } = segment.scan(question, Math.min(segmentRows, this.size - base), least);
      for (const [i, cosine] of cosines.entries()) {
        if (cosine < least) continue;
        const row = this.#rows[base + (rows[i] as number)];
        if (!row || row.expiresAt <= now || !allowed.has(row.model)) continue;
        insert(found, { ...row, cosine }, limit);
        if (found.length === limit) least = Math.max(floor, found.at(-1)?.cosine ?? floor);
      }
    }
    return found;
  }

  /** The segment of a row that is there, or comes next. */
  #segmentFor(index: number): Segment {
    const [s, row] = [Math.floor(index / segmentRows), index % segmentRows];
    const segment = this.#segments[s];
    if (segment && row < segment.capacity) return segment;
    const grown = segment
      ? growSegment(segment, Math.min(segmentRows, segment.capacity * 2), this.#dimensions)
      : createSegment(s === 0 ? firstRows : segmentRows, this.#dimensions);
    this.#segments[s] = grown;
    return grown;
  }
}

function insert(found: VectorMatch[], match: VectorMatch, limit: number): void {
  const place = found.findIndex(({ cosine }) => cosine < match.cosine);
  found.splice(place === -1 ? found.length : place, 0, match);
  if (found.length > limit) found.pop();
}

/** Two bytes a character, at most. */
function textBytes(row: Row | undefined): number {
  return row ? 2 * (row.id.length + row.entry.length + row.prompt.length) : 0;
}
