import { LLMRouter } from "llm-router";

// Asks `count` different questions at once, serving them itself, and closes, which waits until their answers are cached.
const [redis = "", namespace = "", baseUrl = "", name = "", count = "0"] = process.argv.slice(2);
await using router = new LLMRouter({ redis, namespace });
router.enableCache({ maxEntries: 20 }).addModel("local", { provider: "ollama", model: "m", baseUrl, concurrency: 8 });
const results = await Promise.all(
  Array.from({ length: Number(count) }, (_, i) => router.generate({ prompt: `question ${name}-${i}`, temperature: 0 })),
);
console.log(`stored ${results.filter(({ cached }) => cached === false).length}`);
