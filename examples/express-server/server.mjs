// A REST service of one's own on the library: POST /generate {"prompt":"Hello!","priority":"high"}
// Needs Redis on 127.0.0.1:6379 (or REDIS_URL), and Ollama with the model: ollama pull qwen2.5:3b
import express from "express";
import { LLMRouter, RouterError } from "llm-router";

const router = new LLMRouter();
router.addModel("local", { provider: "ollama", model: "qwen2.5:3b", baseUrl: process.env.OLLAMA_URL ?? "http://127.0.0.1:11434" });

const app = express();
app.use(express.json());

app.post("/generate", async (request, response) => {
  const { prompt, priority } = request.body ?? {};
  // Who goes away needs no answer: the request ends, wherever it is.
  const gone = new AbortController();
  response.on("close", () => gone.abort());
  response.json(await router.generate({ prompt, priority }, { signal: gone.signal }));
});

app.use((error, _request, response, next) => {
  if (response.headersSent || response.destroyed) return;
  // Each error of the router knows its HTTP status, and says what to do about it.
  if (!RouterError.is(error)) {
    next(error);
    return;
  }
  if (error.retryAfterMs !== undefined) response.set("retry-after", String(Math.ceil(error.retryAfterMs / 1_000)));
  response.status(error.status).json({ error });
});

const server = app.listen(Number(process.env.PORT ?? 3000), "127.0.0.1", () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}`);
});

for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, () => {
    server.close(async () => router.close());
    server.closeIdleConnections();
  });
}
