import { runWorkerApp } from "./run-worker-app.ts";

await runWorkerApp();
