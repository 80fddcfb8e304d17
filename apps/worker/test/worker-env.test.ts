import { expect, test } from "vitest";
import { parseWorkerEnv } from "../src/index.ts";

test("unset and empty variables have defaults", () => {
  expect(parseWorkerEnv({ WORKER_PORT: "", WORKER_MODELS: "" })).toEqual({
    REDIS_URL: "redis://127.0.0.1:6379",
    LLMR_NAMESPACE: "llmr",
    LLMR_DURABILITY: "local",
    LLMR_CONFIG_APPLY: false,
    WORKER_MODELS: undefined,
    WORKER_PORT: 0,
    WORKER_HOST: "127.0.0.1",
    SHUTDOWN_GRACE_MS: 25_000,
    LOG_LEVEL: "info",
  });
});

test("lists, flags and numbers are read from text", () => {
  const env = { WORKER_MODELS: "a, b ,,c", LLMR_CONFIG_APPLY: "1", WORKER_CONCURRENCY: "3", WORKER_PORT: "9000" };
  expect(parseWorkerEnv(env)).toMatchObject({
    WORKER_MODELS: ["a", "b", "c"],
    LLMR_CONFIG_APPLY: true,
    WORKER_CONCURRENCY: 3,
    WORKER_PORT: 9000,
  });
});

test("every wrong variable is named", () => {
  const env = { LLMR_NAMESPACE: "{x}", LLMR_DURABILITY: "paper", WORKER_CONCURRENCY: "0", SHUTDOWN_GRACE_MS: "soon", LOG_LEVEL: "loud" };
  expect(() => parseWorkerEnv(env)).toThrow(
    expect.objectContaining({
      code: "CONFIG_INVALID",
      message: expect.stringMatching(
        Object.keys(env)
          .map((name) => `${name}: [^;]+`)
          .join("; "),
      ),
    }),
  );
});
