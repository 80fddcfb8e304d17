// Leaves by process.exit() at a bad moment for onnxruntime.
import { openEngine } from "../src/index.ts";
import { ModelThreads } from "../src/threads/model-threads.ts";
import { findWeights } from "../src/weights.ts";

const when = process.argv[2];
if (when === "when threads have come and gone") await (await ModelThreads.start(await findWeights(undefined))).threads.close();
const opening = openEngine();
if (when === "while it loads") setTimeout(() => process.exit(7), 250);
const { embedder } = await opening;
const first = embedder.embed(["one of them"]);
embedder.embed(Array.from({ length: 200 }, (_, index) => `question ${index}`)).catch(() => undefined); // the process ends before
await first;
process.exit(7);
