import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { spawnNode, tempDir } from "@llm-router/testkit";

async function script(dir: string, code: string): Promise<string> {
  const file = join(dir, "script.mjs");
  await writeFile(file, code);
  return file;
}

test("waitForLine finds earlier and later lines of both outputs, with their groups", async () => {
  await using dir = await tempDir();
  const file = await script(
    dir.path,
    `console.log("port 123"); console.error("ready", process.argv[2], process.env.GREETING); setInterval(() => {}, 1000);`,
  );
  await using child = spawnNode(file, { args: ["now"], env: { GREETING: "hi" } });
  expect((await child.waitForLine(/^ready (.*)/))[1]).toBe("now hi");
  expect((await child.waitForLine(/^port (\d+)/))[1]).toBe("123");
  expect(await child.kill9()).toEqual({ code: null, signal: "SIGKILL" });
});

test("waitForLine fails with the output when the process ends first", async () => {
  await using dir = await tempDir();
  await using child = spawnNode(await script(dir.path, `console.error("because of this"); process.exit(3);`));
  await expect(child.waitForLine(/ready/)).rejects.toThrow(/ended with code 3(.|\n)*because of this/);
  await expect(child.waitForLine(/ready/)).rejects.toThrow(/ended with code 3/);
});

test("stop lets the process end by itself", async () => {
  await using dir = await tempDir();
  const file = await script(
    dir.path,
    `process.on("SIGTERM", () => { console.log("bye"); process.exit(0); }); setInterval(() => {}, 1000); console.log("up");`,
  );
  await using child = spawnNode(file);
  await child.waitForLine(/^up$/);
  expect(await child.stop()).toEqual({ code: 0, signal: null });
  expect(child.stdout()).toEqual(["up", "bye"]);
});
