// An app whose parts say when they close; its first argument says what goes wrong.
import { createLogger, runApp } from "../src/index.ts";

const fault = process.argv[2];
setTimeout(() => process.exit(99), 30_000).unref(); // when nobody is left to end it

const logger = createLogger({ name: "fixture" });

await runApp({
  logger,
  graceMs: fault === "hangs" ? 50 : 10_000,
  start(app) {
    if (fault === "start") throw new Error("no Redis at redis://u:hunter2@host");
    app.onShutdown("redis", async () => console.log("closed redis"));
    app.onShutdown("worker", async (hardStop) => {
      if (fault === "throws") throw new Error("worker is broken");
      if (fault === "never") {
        console.log("closing worker");
        await new Promise(() => undefined);
      }
      if (fault === "hangs") await new Promise((resolve) => hardStop.addEventListener("abort", resolve));
      console.log("closed worker");
    });
    app.onShutdown("server", async () => console.log("closed server"));
    const timer = setInterval(() => undefined, 1_000);
    app.onShutdown("timer", () => clearInterval(timer));
    console.log("ready");
  },
});
