import { ollamaUrl } from "@llm-router/backends";
import { expect, test } from "vitest";

test("OLLAMA_HOST is read as Ollama reads it", () => {
  expect(["", "127.0.0.1", "gpu:8080", "0.0.0.0:11434", "http://gpu", "https://gpu/", "[::1]"].map((host) => ollamaUrl(host))).toEqual([
    "http://127.0.0.1:11434",
    "http://127.0.0.1:11434",
    "http://gpu:8080",
    "http://127.0.0.1:11434",
    "http://gpu",
    "https://gpu",
    "http://[::1]:11434",
  ]);
  expect(ollamaUrl("not a host")).toBeUndefined();
});
