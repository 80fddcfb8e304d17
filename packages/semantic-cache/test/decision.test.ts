import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { calibrated } from "../src/decision/confidence.ts";
import { decide } from "../src/decision/decide.ts";
import { type Engine, openEngine } from "../src/engine.ts";
import type { PairVerifier } from "../src/ports.ts";

const thresholds = { similarityThreshold: 0.92, candidateFloor: 0.75 };

/** Says what it is told, by the stored question. */
function verifierThatSays(scores: Record<string, number>): PairVerifier {
  return {
    version: "told",
    score: async (pairs) => pairs.map(({ a }) => scores[a] ?? Number.NaN),
    close: async () => {},
  };
}

describe("which threshold holds", () => {
  const confidence = { trusted: 1, surer: 2, doubt: 3 };
  const ask = (stored: string, cosine: number, score: number) =>
    decide(
      { prompt: "How do I train my dog?", candidates: [{ prompt: stored, cosine }], thresholds, confidence },
      verifierThatSays({ [stored]: score }),
    );
  const plain = "What is the best way to train a dog?";

  test.each([
    [plain, 0.92, 1, "served"],
    [plain, 0.92, 0.9, "verifier"],
    [plain, 0.91, 1.9, "verifier"],
    [plain, 0.91, 2, "served"],
    [plain, 0.74, 9, "floor"],
    [plain, 0.95, Number.NaN, "verifier"],
  ])("%s at cosine %d, score %d: %s", async (stored, cosine, score, expected) => {
    const { hit, rejected } = await ask(stored, cosine, score);
    expect(hit ? "served" : rejected[0]?.by).toBe(expected);
  });

  test("a guard's doubt must be outweighed, and is named if it is not", async () => {
    const { rejected } = await decide(
      {
        prompt: "How do I train my cat?",
        candidates: [{ prompt: "How do I train cats today only?", cosine: 0.95 }],
        thresholds,
        confidence,
      },
      verifierThatSays({ "How do I train cats today only?": 3.9 }),
    );
    expect(rejected).toEqual([{ index: 0, by: "persons", score: 3.9, margin: expect.closeTo(-0.1), doubt: "persons" }]);
    expect((await ask("How do I train only my dog?", 0.95, 4)).hit).toMatchObject({ index: 0, doubt: "persons" });
  });

  test("a guard may doubt more or less than others, and the heaviest doubt of several counts", async () => {
    const weighed = { ...confidence, doubtOf: { names: 0.5, dates: 5 } };
    const served = async (prompt: string, stored: string, score: number) => {
      const input = { prompt, candidates: [{ prompt: stored, cosine: 0.95 }], thresholds, confidence: weighed };
      const { hit, rejected } = await decide(input, verifierThatSays({ [stored]: score }));
      return hit ? "served" : rejected[0]?.by;
    };
    const named = "What is the best bank in Peru?";
    expect(await served("What is the best bank?", named, 1.5)).toBe("served");
    expect(await served("What is the best bank?", named, 1.4)).toBe("names");
    const dated = "What is the best bank in Peru in winter?";
    expect(await served("What is the best bank?", dated, 5.9)).toBe("dates");
    expect(await served("What is the best bank?", dated, 6)).toBe("served");
  });

  test("a guard refuses before the verifier is asked", async () => {
    expect(await ask("How do I train my 2 dogs?", 0.95, 9)).toEqual({ rejected: [{ index: 0, by: "numbers" }] });
  });

  test("of two that are sure enough, the one that exceeds its threshold by most is served", async () => {
    const other = "Which way of training a dog is best?";
    const candidates = [
      { prompt: plain, cosine: 0.8 },
      { prompt: other, cosine: 0.95 },
    ];
    const verifier = verifierThatSays({ [plain]: 2.5, [other]: 2 });
    const { hit, rejected } = await decide({ prompt: "How do I train my dog?", candidates, thresholds, confidence }, verifier);
    expect(hit).toMatchObject({ index: 1, similarity: 0.95, verifierScore: 2 });
    expect(rejected).toEqual([]);
  });
});

test("what was calibrated is surer below the similarity threshold, and where a guard doubts", () => {
  expect(calibrated.surer).toBeGreaterThan(calibrated.trusted);
  expect(calibrated.doubt).toBeGreaterThan(0);
});

describe("with the real embedder and verifier", () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await openEngine();
  }, 60_000);
  afterAll(() => engine.close());

  const ask = async (stored: string, prompt: string) => {
    const [a, b] = await engine.embedder.embed([stored, prompt]);
    if (!a || !b) throw new Error("no vectors");
    const cosine = a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0);
    const { hit } = await decide({ prompt, candidates: [{ prompt: stored, cosine }], thresholds }, engine.verifier);
    return hit !== undefined;
  };

  test.each([
    ["What is Python?", "Tell me about the Python programming language"],
    ["What is Python?", "what is python"],
    ["How do I cancel my subscription?", "How can I cancel my subscription?"],
    ["What is Python?", "Explain Python"],
    ["Explain recursion", "What is recursion?"],
    ["How do I sort a list in Python?", "What is the way to sort a list in Python?"],
  ])("%s serves %s", async (stored, prompt) => {
    expect(await ask(stored, prompt)).toBe(true);
  });

  test.each([
    ["What is Python?", "How do I sort a list in Python?"],
    ["What is Python?", "What is Jython?"],
    ["What is the capital of France?", "What is the capital of Finland?"],
    ["How do I enable two-factor authentication?", "How do I disable two-factor authentication?"],
    ["Flights from Boston to Denver", "Flights from Denver to Boston"],
    ["Solve x + 2 = 8", "Solve a + 2 = 8"],
    ["Write a haiku about spring", "Write a haiku about autumn"],
    ["Convert 10 miles to kilometers", "Convert 10 kilometers to miles"],
    ["How do I train my dog?", "How do I train my parrot?"],
    ["My order has arrived. What now?", "My order has not arrived. What now?"],
    ["Why did Apple sue Samsung?", "Why did Samsung sue Apple?"],
    ["Summarize this text: The bridge opened.", "Summarize this text: The bridge closed."],
  ])("%s does not serve %s", async (stored, prompt) => {
    expect(await ask(stored, prompt)).toBe(false);
  });
});
