import { LLMRouter } from "llm-router";

// Programs that use the library and differ in what they leave open. None calls process.exit().
const [program = "", redis = "", namespace = "", model = ""] = process.argv.slice(2);

const programs: Record<string, () => Promise<void>> = {
  async unclosed() {
    const router = newRouter().addModel("local", { provider: "ollama", model: "m", baseUrl: model });
    console.log((await router.generate("Hi")).content);
  },
  async "unclosed-client"() {
    const router = newRouter();
    console.log((await router.generate("Hi")).content);
  },
  async enqueues() {
    const { id } = await newRouter().enqueue("Hi");
    console.log(`accepted ${id}`);
  },
  async streams() {
    for await (const delta of newRouter().stream("Hi")) if (delta.text) console.log(delta.text.trim());
  },
  async closes() {
    {
      await using router = newRouter().addModel("local", { provider: "ollama", model: "m", baseUrl: model });
      console.log((await router.generate("Hi")).content);
    }
    // A timer may be left for two seconds: ioredis's own, against sockets that do not close.
    const others = new Set(["PipeWrap", "Timeout"]);
    await new Promise((resolve) => setImmediate(resolve));
    console.log(`left ${JSON.stringify(process.getActiveResourcesInfo().filter((name) => !others.has(name)))}`);
  },
  /** Serves until SIGUSR2. */
  async serves() {
    await newRouter().addModel("local", { backend: { generate } }).start();
    const timer = setInterval(() => undefined, 60_000);
    process.once("SIGUSR2", () => clearInterval(timer));
    console.log("serving");
  },
};

/** Its answer takes a time that itself holds nothing. */
async function generate(): Promise<{ content: string }> {
  console.log("running");
  const { promise, resolve } = Promise.withResolvers<void>();
  setTimeout(resolve, 700).unref();
  await promise;
  return { content: "served" };
}

function newRouter(): LLMRouter {
  return new LLMRouter({ redis, namespace });
}

process.on("beforeExit", () => console.log("ends by itself"));
await programs[program]?.();
