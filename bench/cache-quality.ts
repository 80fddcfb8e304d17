// How often the semantic cache is right, on labelled pairs {a, b, same} (JSONL, gzip accepted): a is in the cache, b is
// asked. The decision is the product's own: embedder, guards, verifier and thresholds. Beside it, cosine alone at 0.92.
import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { openEngine } from "@llm-router/semantic-cache";
import { decidePairs, qualityOf, readPairs } from "./lib/cache-pairs.ts";
import { curveOf, pictureOf } from "./lib/precision-recall.ts";
import { type GoalLine, printReport } from "./lib/report.ts";
import { roundTo } from "./lib/statistics.ts";

const { values: options } = parseArgs({
  options: {
    pairs: { type: "string", default: new URL("data/prompt-pairs.jsonl", import.meta.url).pathname },
    /** Writes each pair with what was decided and why. */
    details: { type: "string" },
    /** Writes precision against recall as an SVG. */
    picture: { type: "string" },
    title: { type: "string", default: "Answers from the semantic cache" },
    /** A folder with other weights. */
    weights: { type: "string" },
    threads: { type: "string", default: "2" },
    json: { type: "boolean", default: false },
  },
});
const thresholds = { similarityThreshold: 0.92, candidateFloor: 0.75 };

const pairs = await readPairs(options.pairs);
const engine = await openEngine({ weights: options.weights, threads: Number(options.threads) });
const decided = await decidePairs(pairs, engine, thresholds);
await engine.close();
if (options.details !== undefined) await writeFile(options.details, decided.map((pair) => `${JSON.stringify(pair)}\n`).join(""));

const ours = qualityOf(decided, (at) => decided[at]?.served === true);
const cosine = qualityOf(decided, (at) => (decided[at]?.cosine ?? 0) >= thresholds.similarityThreshold);
if (options.picture !== undefined) {
  const curves = [curveOf(decided, ({ margin }) => margin), curveOf(decided, (pair) => pair.cosine)] as const;
  await writeFile(options.picture, pictureOf(options.title, { curve: curves[0], mark: ours }, { curve: curves[1], mark: cosine }));
}
const refused = Object.entries(Object.groupBy(decided, ({ by = "served" }) => by)).map(([by, of = []]) => [by, of.length] as const);

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
const line = (what: string, key: "precision" | "recall"): GoalLine => ({
  what,
  ours: percent(ours[key]),
  baseline: percent(cosine[key]),
  ratio: cosine[key] === 0 ? 0 : ours[key] / cosine[key],
  goal: "",
});
const rounded = ({ served, right, precision, recall }: typeof ours) => ({
  served,
  right,
  precision: roundTo(precision, 4),
  recall: roundTo(recall, 4),
});
printReport(
  {
    name: "cache-quality",
    ratio: cosine.precision === 0 ? 0 : roundTo(ours.precision / cosine.precision, 3),
    pairs: pairs.length,
    same: pairs.filter(({ same }) => same).length,
    ...rounded(ours),
    cosine: { threshold: thresholds.similarityThreshold, ...rounded(cosine) },
    by: Object.fromEntries(refused),
  },
  [line("precision", "precision"), line("recall", "recall")],
  options.json,
);
