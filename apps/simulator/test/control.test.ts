import { expect, test } from "vitest";
import { ControlError, type Simulator, startSimulator } from "../src/index.ts";
import { ollamaOf, rejection } from "./clients.ts";

async function postControl(url: string | undefined, body: unknown): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(`${url}/control`, { method: "POST", body: typeof body === "string" ? body : JSON.stringify(body) });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

async function tokensOf(simulator: Simulator, model: string): Promise<number> {
  return (await ollamaOf(simulator).generate({ model, prompt: "x" })).eval_count;
}

test("a patch changes what it names, for all models or for one, and null takes it back", async () => {
  await using simulator = await startSimulator({ tokens: 4 });
  const { status, body } = await postControl(simulator.url, { latencyMs: 1, perModel: { b: { tokens: 6 }, "c:latest": { tokens: 2 } } });
  expect(status).toBe(200);
  expect(body).toMatchObject({ tokens: 4, latencyMs: 1, outage: null, models: null, perModel: { b: { tokens: 6 }, c: { tokens: 2 } } });
  expect([await tokensOf(simulator, "a"), await tokensOf(simulator, "b"), await tokensOf(simulator, "c")]).toEqual([4, 6, 2]);
  await postControl(simulator.url, { tokens: 5, perModel: { b: null } });
  expect([await tokensOf(simulator, "a"), await tokensOf(simulator, "b")]).toEqual([5, 5]);
  expect(await (await fetch(`${simulator.url}/control`)).json()).toEqual(await simulator.control({}));
});

test("reset goes back to how it was started, then applies the rest", async () => {
  await using simulator = await startSimulator({ tokens: 4, models: ["a"] });
  await simulator.control({ tokens: 9, models: null, outage: "busy", perModel: { a: { tokens: 1 } } });
  expect(await simulator.control({ reset: true, latencyMs: 2 })).toMatchObject({
    tokens: 4,
    models: ["a"],
    outage: null,
    perModel: {},
    latencyMs: 2,
  });
});

test("a model of its own outage is spared by the others', and null spares it", async () => {
  await using simulator = await startSimulator({ outage: "busy", perModel: { spared: { outage: null } } });
  expect(await tokensOf(simulator, "spared")).toBe(8);
  expect(await rejection(tokensOf(simulator, "a"))).toMatchObject({ status_code: 503 });
});

test.each<[unknown, RegExp]>([
  ["{", /the body is not JSON/],
  [[], /control: /],
  [{ tokns: 3 }, /tokns/],
  [{ latencyMs: -1 }, /latencyMs: /],
  [{ errorRate: 2 }, /errorRate: /],
  [{ outage: "hagn" }, /outage\.mode: .*'hang'/],
  [{ outage: { mode: "status", status: 200 } }, /outage\.status: /],
  [{ outage: { mode: "hang", tokens: 3 } }, /outage: .*tokens/],
  [{ perModel: { a: { outage: "refuse" } } }, /perModel\.a\.outage: refuse closes the port of all models; use reset for one model/],
  [{ outage: "refuse" }, /refuse closes this very port; give forMs/],
])("POST /control %j is refused with a sentence, and nothing changes", async (body, message) => {
  await using simulator = await startSimulator();
  const before = await simulator.control({});
  const answer = await postControl(simulator.url, body);
  expect(answer.status).toBe(400);
  expect(answer.body["error"]).toMatch(message);
  expect(await simulator.control({})).toEqual(before);
});

test("in the process a bad patch throws a ControlError", async () => {
  await using simulator = await startSimulator();
  expect(await rejection(simulator.control({ slots: -1 }))).toBeInstanceOf(ControlError);
  expect(await rejection(startSimulator({ tokens: 0.5 }))).toBeInstanceOf(ControlError);
});

test("the control port stays when the model port refuses", async () => {
  await using simulator = await startSimulator({ controlPort: 0 });
  expect((await postControl(simulator.controlUrl, { outage: "refuse" })).status).toBe(200);
  expect((await rejection(fetch(simulator.url))).cause).toMatchObject({ code: "ECONNREFUSED" });
  expect((await fetch(`${simulator.controlUrl}/stats`)).status).toBe(200);
  await postControl(simulator.controlUrl, { outage: null });
  expect((await fetch(simulator.url)).status).toBe(200);
  expect((await fetch(`${simulator.controlUrl}/api/tags`)).status).toBe(404);
});

test("a closed simulator stays closed", async () => {
  const simulator = await startSimulator({ outage: "refuse" });
  await simulator.close();
  await simulator.control({ outage: null });
  expect((await rejection(fetch(simulator.url))).cause).toMatchObject({ code: "ECONNREFUSED" });
});
