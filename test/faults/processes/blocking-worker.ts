// A worker process made for the stall test: `<name> [ms]`. An answer is its name and the prompt, a second later. With `ms`,
// after the first token of its first answer the whole process stands still for so long, as a synchronous loop would make it.
import { LLMRouter } from "../../../packages/llm-router/src/index.ts";

const [name = "", blockFor = ""] = process.argv.slice(2);
let isFirst = true;

await using router = new LLMRouter().addModel("m", {
  concurrency: 2,
  backend: {
    generate: () => Promise.reject(new Error("not called: it has a stream")),
    async *stream({ prompt = "" }, { signal }) {
      signal.addEventListener("abort", () => console.log(`aborted ${prompt}`));
      console.log(`called ${prompt}`);
      yield { text: `${name} ` };
      // The token is on its way to Redis before the loop stops.
      await new Promise((resolve) => setTimeout(resolve, 100));
      if (blockFor !== "" && isFirst) {
        isFirst = false;
        console.log("blocking");
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(blockFor));
        console.log("unblocked");
      }
      // Goes on for a moment, like a model that still has to answer.
      for (let i = 0; i < 40 && !signal.aborted; i++) await new Promise((resolve) => setTimeout(resolve, 25));
      yield { text: prompt, finishReason: "stop" };
    },
  },
});
await router.start();
console.log("serving");
// A router alone does not keep its process.
const stayAlive = setInterval(() => undefined, 60_000);
await new Promise((resolve) => process.once("SIGTERM", resolve));
clearInterval(stayAlive);
