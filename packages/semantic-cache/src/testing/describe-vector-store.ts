import { eventually } from "@llm-router/testkit";
import { describe, expect, test, type TestContext } from "vitest";
import type { VectorPoint, VectorStore } from "../ports.ts";
import { uuidV5 } from "../uuid-v5.ts";
import { nearestOf, nearTo, pointOf, randomVector } from "./vectors.ts";

/** A store, and what its answers are in. */
export interface VectorStoreUnderTest extends AsyncDisposable {
  store: VectorStore;
  /** Another process's store on the same data. Closed with this one. */
  openAnother(): Promise<VectorStore>;
  /** Makes the points' answers known, until the points expire. */
  admit(points: readonly VectorPoint[]): Promise<void>;
  /** Takes an answer away, as its eviction does. */
  evict(entry: string): Promise<void>;
}

/** Opens one without a point in it; skips with a reason what cannot be had. */
export type VectorStoreSetup = (context: TestContext) => Promise<VectorStoreUnderTest>;

const hour = 3_600_000;

async function put(subject: VectorStoreUnderTest, points: readonly VectorPoint[]): Promise<void> {
  await subject.admit(points);
  await subject.store.upsert(points);
}

/** What every vector store must do. */
export function describeVectorStore(name: string, setup: VectorStoreSetup): void {
  const everything = { limit: 100, floor: -1, models: ["a", "b"] };

  async function idsOf(store: VectorStore, query: Partial<Parameters<VectorStore["query"]>[0]> = {}): Promise<string[]> {
    const found = await store.query({ partition: "p", vector: randomVector(1), ...everything, ...query });
    return found.map(({ id }) => id);
  }

  describe(`vector store ${name}`, () => {
    test("finds what is nearest, nearest first, as a look at all of them does", async (context) => {
      await using subject = await setup(context);
      const topics = Array.from({ length: 8 }, (_, seed) => randomVector(seed));
      const points = Array.from({ length: 240 }, (_, i) =>
        pointOf({ prompt: `question ${i}`, vector: nearTo(topics[i % 8], 0.3 + (i % 5) / 10, i), model: i % 3 === 0 ? "b" : "a" }),
      );
      await put(subject, points);
      await eventually(async () => expect((await idsOf(subject.store, { limit: 1_000 })).length).toBe(points.length));
      for (const [seed, topic] of topics.entries()) {
        const query = { vector: nearTo(topic, 0.3, 1_000 + seed), limit: 7, floor: 0.7, models: seed % 2 === 0 ? ["a"] : ["a", "b"] };
        const found = await subject.store.query({ partition: "p", ...query });
        const expected = nearestOf(points, query);
        expect(found.map(({ id }) => id)).toEqual(expected.map(({ id }) => id));
        for (const [i, match] of found.entries()) expect(match.cosine).toBeCloseTo(expected[i]?.cosine ?? 0, 4);
      }
    });

    test("gives back what was put, in any writing", async (context) => {
      await using subject = await setup(context);
      const point = pointOf({ prompt: 'Was heißt "früh"\n– 早い?', model: "gpt-4.1_mini" });
      await put(subject, [point]);
      const { id, entry, model, prompt } = point;
      await eventually(async () => {
        const [match] = await subject.store.query({ partition: "p", vector: point.vector, limit: 1, floor: 0.9, models: [model] });
        expect(match).toMatchObject({ id, entry, model, prompt, cosine: expect.closeTo(1, 4) });
        expect(Math.abs((match?.expiresAt ?? 0) - point.expiresAt)).toBeLessThan(5_000);
      });
    });

    test("never finds what belongs to another partition, another model, or is too far", async (context) => {
      await using subject = await setup(context);
      const [mine, theirs] = [pointOf({ prompt: "same" }), pointOf({ prompt: "same", partition: "q" })];
      await put(subject, [mine, theirs]);
      await eventually(async () => {
        expect(await idsOf(subject.store, { vector: mine.vector })).toEqual([mine.id]);
        expect(await idsOf(subject.store, { vector: mine.vector, partition: "q" })).toEqual([theirs.id]);
      });
      expect(await idsOf(subject.store, { vector: mine.vector, partition: "r" })).toEqual([]);
      expect(await idsOf(subject.store, { vector: mine.vector, models: ["b"] })).toEqual([]);
      expect(await idsOf(subject.store, { vector: mine.vector, models: [] })).toEqual([]);
      expect(await idsOf(subject.store, { vector: nearTo(mine.vector, 1, 5), floor: 0.95 })).toEqual([]);
    });

    test("does not find what has expired, and finds the rest on", async (context) => {
      await using subject = await setup(context);
      const [short, long] = [pointOf({ prompt: "short", expiresAt: Date.now() + 1_500 }), pointOf({ prompt: "long" })];
      await put(subject, [short, long]);
      await eventually(async () => expect((await idsOf(subject.store)).length).toBe(2));
      await eventually(async () => expect(await idsOf(subject.store)).toEqual([long.id]));
      expect(Date.now()).toBeGreaterThanOrEqual(short.expiresAt);
    });

    test("a point that is put again is replaced", async (context) => {
      await using subject = await setup(context);
      const first = pointOf({ prompt: "p" });
      const second = { ...first, vector: randomVector(77), expiresAt: first.expiresAt + hour };
      await put(subject, [first]);
      await put(subject, [second]);
      await eventually(async () => {
        const found = await subject.store.query({ partition: "p", vector: second.vector, ...everything });
        expect(found).toMatchObject([{ id: first.id, cosine: expect.closeTo(1, 4) }]);
        expect(found[0]?.expiresAt).toBeGreaterThan(first.expiresAt + hour / 2);
      });
    });

    test("what is deleted is gone, and only that; a second time changes nothing", async (context) => {
      await using subject = await setup(context);
      const points = Array.from({ length: 5 }, (_, i) => pointOf({ prompt: `q${i}`, partition: i === 4 ? "q" : "p" }));
      await put(subject, points);
      await eventually(async () => expect((await idsOf(subject.store)).length).toBe(4));
      const [a, b, c, d] = points.map(({ id }) => id);
      for (let time = 0; time < 2; time++) await subject.store.delete([a ?? "", c ?? "", uuidV5("nobody's")]);
      await eventually(async () => expect(new Set(await idsOf(subject.store))).toEqual(new Set([b, d])));
      await subject.store.deleteAll();
      await eventually(async () => {
        expect(await idsOf(subject.store)).toEqual([]);
        expect(await idsOf(subject.store, { partition: "q" })).toEqual([]);
      });
    });

    test("another process finds what this one puts, and no longer what it deletes or what is evicted", async (context) => {
      await using subject = await setup(context);
      const points = Array.from({ length: 3 }, (_, i) => pointOf({ prompt: `q${i}` }));
      const [a, b, c] = points.map(({ id }) => id);
      const early = await subject.openAnother();
      expect(await idsOf(early)).toEqual([]);
      await put(subject, points);
      const late = await subject.openAnother();
      const all = [subject.store, early, late];
      for (const store of all) await eventually(async () => expect(new Set(await idsOf(store))).toEqual(new Set([a, b, c])));
      await early.delete([b ?? ""]);
      await subject.evict(points[2]?.entry ?? "");
      for (const store of all) await eventually(async () => expect(await idsOf(store)).toEqual([a]));
    });

    test("many processes' puts at once all arrive", async (context) => {
      await using subject = await setup(context);
      const stores = [subject.store, await subject.openAnother(), await subject.openAnother()];
      const points = Array.from({ length: 90 }, (_, i) => pointOf({ prompt: `q${i}`, vector: randomVector(i) }));
      await subject.admit(points);
      await Promise.all(stores.flatMap((store, s) => points.filter((_, i) => i % 3 === s).map((point) => store.upsert([point]))));
      const ids = new Set(points.map(({ id }) => id));
      for (const store of stores) await eventually(async () => expect(new Set(await idsOf(store))).toEqual(ids));
    });

    test("vectors of another length are refused, and harm nothing", async (context) => {
      await using subject = await setup(context);
      const point = pointOf({ prompt: "p" });
      await put(subject, [point]);
      const short = new Float32Array(8);
      await expect(subject.store.upsert([{ ...pointOf({ prompt: "q" }), vector: short }])).rejects.toThrow(/8 numbers, not 384/);
      await expect(idsOf(subject.store, { vector: short })).rejects.toThrow(/8 numbers, not 384/);
      await eventually(async () => expect(await idsOf(subject.store)).toEqual([point.id]));
      expect(await subject.store.health()).toMatchObject({ ok: true, entries: 1 });
    });
  });
}
