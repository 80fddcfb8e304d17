import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

interface Ended {
  code: number | null;
  lines: string[];
  log: string;
}

/** Runs the fixture, sends a signal at each line of `signals`, and resolves when it has ended. */
async function runFixture(fault: string, signals: Record<string, NodeJS.Signals>): Promise<Ended> {
  const child = spawn(process.execPath, [fileURLToPath(new URL("app.fixture.ts", import.meta.url)), fault], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const lines: string[] = [];
  let log = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (log += text));
  createInterface(child.stdout).on("line", (line) => {
    lines.push(line);
    const signal = signals[line];
    if (signal) child.kill(signal);
  });
  const [code] = (await once(child, "close")) as [number | null];
  return { code, lines, log };
}

test.each(["SIGTERM", "SIGINT"] as const)("%s closes from the outside in and exits 0", async (signal) => {
  const ended = await runFixture("", { ready: signal });
  expect(ended).toMatchObject({ code: 0, lines: ["ready", "closed server", "closed worker", "closed redis"] });
});

test("a part that fails to close does not keep the others open, and the exit code says so", async () => {
  const ended = await runFixture("throws", { ready: "SIGTERM" });
  expect(ended).toMatchObject({ code: 1, lines: ["ready", "closed server", "closed redis"] });
  expect(ended.log).toContain("worker is broken");
});

test("after the grace period the parts are told to let go", async () => {
  const ended = await runFixture("hangs", { ready: "SIGTERM" });
  expect(ended).toMatchObject({ code: 0, lines: ["ready", "closed server", "closed worker", "closed redis"] });
});

test("a second signal exits at once", async () => {
  const ended = await runFixture("never", { ready: "SIGTERM", "closing worker": "SIGINT" });
  expect(ended).toMatchObject({ code: 130, lines: ["ready", "closed server", "closing worker"] });
});

test("a failing start is logged without its secrets and exits 1", async () => {
  const ended = await runFixture("start", {});
  expect(ended.code).toBe(1);
  expect(ended.log).toContain("no Redis at redis://u:***@host");
  expect(ended.log).not.toContain("hunter2");
});
