export { runWorkerApp } from "./run-worker-app.ts";
export { startWorkerApp, type WorkerApp, type WorkerAppOptions } from "./start-worker-app.ts";
export { parseWorkerEnv, type WorkerEnv, workerEnv } from "./worker-env.ts";
