import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { Ollama } from "ollama";
import { expect, test } from "vitest";
import { rejection } from "./clients.ts";

const mainFile = fileURLToPath(new URL("../src/main.ts", import.meta.url));

interface Run extends AsyncDisposable {
  child: ChildProcess;
  lines: string[];
  url: string;
  end(signal: NodeJS.Signals): Promise<number | null>;
}

async function run(...args: string[]): Promise<Run> {
  const child = spawn(process.execPath, [mainFile, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  const exited = once(child, "exit") as Promise<[number | null]>;
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    return (await exited)[0];
  };
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
    lines.push(line);
    if (line.startsWith("simulator listening on ")) break;
  }
  const url = lines.at(-1)?.replace("simulator listening on ", "") ?? "";
  return { child, lines, url, end, [Symbol.asyncDispose]: async () => void (await end("SIGKILL")) };
}

test("the process prints one ready line, dies of SIGKILL and comes back on its port", async () => {
  await using first = await run("--port", "0", "--models", "a,b", "--tokens", "3");
  expect(first.lines).toEqual([expect.stringMatching(/^simulator listening on http:\/\/127\.0\.0\.1:\d+$/)]);
  const ollama = new Ollama({ host: first.url });
  expect(await ollama.generate({ model: "b", prompt: "x" })).toMatchObject({ done: true, eval_count: 3 });
  expect(await rejection(ollama.generate({ model: "c", prompt: "x" }))).toMatchObject({ status_code: 404 });
  await first.end("SIGKILL");
  expect((await rejection(ollama.generate({ model: "b", prompt: "x" }))).message).toBe("fetch failed");
  await using second = await run("--port", new URL(first.url).port);
  expect(second.url).toBe(first.url);
  expect((await ollama.generate({ model: "c", prompt: "x" })).done).toBe(true);
  expect(await second.end("SIGTERM")).toBe(0);
});

test("bad flags and a taken port end with one sentence and code 1", async () => {
  await using running = await run("--control-port", "0", "--control", '{"tokens":2}');
  expect(running.lines[0]).toMatch(/^simulator control on http/);
  const outcomes = await Promise.all([
    fail("--port", new URL(running.url).port),
    fail("--latency-ms", "soon"),
    fail("--control", '{"tokns":2}'),
    fail("--nothing"),
  ]);
  expect(outcomes.map((outcome) => outcome.code)).toEqual([1, 1, 1, 1]);
  expect(outcomes.map((outcome) => outcome.errors.length)).toEqual([1, 1, 1, 1]);
  expect(outcomes[0]?.errors[0]).toContain("EADDRINUSE");
  expect(outcomes[1]?.errors[0]).toBe('simulator: --latency-ms: "soon" is not a number');
});

async function fail(...args: string[]): Promise<{ code: number | null; errors: string[] }> {
  const child = spawn(process.execPath, [mainFile, ...args], { stdio: ["ignore", "ignore", "pipe"] });
  const exited = once(child, "exit") as Promise<[number | null]>;
  const errors = await Array.fromAsync(createInterface({ input: child.stderr }));
  return { code: (await exited)[0], errors };
}
