import { expect } from "vitest";
import { call } from "./support/cluster.ts";
import { readEvents, textOf } from "./support/server-events.ts";
import { type Stack, stackTest } from "./support/stack.ts";

async function submit({ gateway }: Stack, body: object, headers: Record<string, string> = {}): Promise<string> {
  const { status, body: accepted } = await call(gateway, "/v1/jobs", { body, headers });
  expect(status).toBe(202);
  return accepted.id as string;
}

stackTest("POST /generate answers with the result", async ({ stack }) => {
  const { status, headers, body } = await call(stack.gateway, "/generate", { body: { prompt: "Hello! [[j1]]", priority: "high" } });
  expect(status).toBe(200);
  expect(body).toMatchObject({ success: true, modelUsed: "llama", cached: false, finishReason: "stop" });
  expect(body.content).toMatch(/^\[\[j1\]\]/);
  expect(headers.get("x-request-id")).toBe(body.id);
});

stackTest("a job: accepted at once, followed, looked at, with its history", async ({ stack }) => {
  const { gateway } = stack;
  const { status, headers, body } = await call(gateway, "/v1/jobs", { body: { prompt: "job [[j2]]", model: "slow" } });
  expect(status).toBe(202);
  expect(headers.get("location")).toBe(`/v1/jobs/${body.id}`);
  expect(body.expectedWaitMs).toBeGreaterThanOrEqual(0);
  const events = await Array.fromAsync(readEvents(gateway.url, body.id));
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, i) => i + 1));
  expect(events[0]?.type).toBe("queued");
  expect(events.at(-1)?.type).toBe("completed");
  const { body: job } = await call(gateway, headers.get("location") ?? "");
  expect(job).toMatchObject({ id: body.id, state: "completed", class: "NORMAL", model: "slow", attempts: [{ outcome: "completed" }] });
  expect(job.result.content).toBe(textOf(events));
  const { body: history } = await call(gateway, `/v1/jobs/${body.id}/history`);
  expect(history.events.map(({ type }: { type: string }) => type)).toEqual(["queued", "started", "completed"]);
});

stackTest("Last-Event-ID reads on after it, at any gateway; past the end there is nothing more to come back for", async ({ stack }) => {
  const id = await submit(stack, { prompt: "resume", model: "fast" });
  const all = await Array.fromAsync(readEvents(stack.gateway.url, id));
  await using other = await stack.startGateway();
  for (const from of [1, 4, all.length - 1]) {
    expect(await Array.fromAsync(readEvents(other.url, id, from))).toEqual(all.slice(from));
  }
  const { status } = await fetch(`${other.url}/v1/jobs/${id}/events`, { headers: { "last-event-id": String(all.length) } });
  expect(status).toBe(204);
  expect((await call(other, `/v1/jobs/${id}/events?from=x`)).status).toBe(400);
});

stackTest("a job that waits says where it stands; DELETE cancels it, also when it runs", async ({ stack }) => {
  const { gateway, simulator } = stack;
  const running = await submit(stack, { prompt: "runs [[d1]]", model: "hangs" });
  await simulator.waitForCall(({ marker }) => marker === "d1");
  expect((await call(gateway, `/v1/jobs/${running}`)).body).toMatchObject({ state: "active", model: "hangs" });
  const { body } = await call(gateway, `/v1/jobs/${running}`, { method: "DELETE" });
  expect(body).toEqual({ id: running, state: "cancelled" });
  expect((await simulator.waitForCall(({ marker, outcome }) => marker === "d1" && outcome !== null)).outcome).toBe("aborted");
  expect((await call(gateway, `/v1/jobs/${running}`)).body).toMatchObject({ state: "cancelled", error: { code: "CANCELLED" } });
});

stackTest("leaving the events of a job cancels nothing", async ({ stack }) => {
  const id = await submit(stack, { prompt: "read a little", model: "slow" });
  for await (const event of readEvents(stack.gateway.url, id)) if (event.type === "delta") break;
  const events = await Array.fromAsync(readEvents(stack.gateway.url, id));
  expect(events.at(-1)?.type).toBe("completed");
});

stackTest("admission: a full queue and a budget that cannot be met are refused with when to come back", async ({ stack }) => {
  const { gateway } = stack;
  const holder = await submit(stack, { prompt: "hold", model: "full" });
  await stack.simulator.waitForCall(({ model }) => model === "full");
  const full = await call(gateway, "/v1/chat/completions", { body: { model: "full", messages: [{ role: "user", content: "x" }] } });
  expect(full.status).toBe(429);
  expect(Number(full.headers.get("retry-after"))).toBeGreaterThan(0);
  expect(full.body.error).toMatchObject({ type: "rate_limit_error", code: "rate_limit_exceeded" });
  expect(full.body.error.message).toContain("full");
  const { status, body } = await call(gateway, "/api/generate", { body: { model: "full", prompt: "x", stream: false } });
  expect(status).toBe(429);
  expect(body.error).toContain("QUEUE_FULL");
  await call(gateway, `/v1/jobs/${holder}`, { method: "DELETE" });
});

stackTest("admission: a budget that the wait alone would use up is refused with the wait", async ({ stack }) => {
  const { gateway } = stack;
  // What a call takes is known from calls that were made.
  await call(gateway, "/generate", { body: { prompt: "first", model: "single" } });
  const jobs = await Promise.all(Array.from({ length: 5 }, (_, i) => submit(stack, { prompt: `wait ${i}`, model: "single" })));
  const waiting = await call(gateway, `/v1/jobs/${jobs.at(-1)}`);
  expect(waiting.body).toMatchObject({ state: "waiting", model: "single" });
  expect(waiting.body.position).toBeGreaterThan(1);
  expect(waiting.body.expectedWaitMs).toBeGreaterThan(100);
  const { status, headers, body } = await call(gateway, "/generate", {
    body: { prompt: "x", model: "single" },
    headers: { "x-timeout-ms": "50" },
  });
  expect([status, body.error.code]).toEqual([429, "BUDGET_TOO_SHORT"]);
  expect(body.error.message).toContain(`${body.error.expectedWaitMs} ms`);
  expect(Number(headers.get("retry-after"))).toBeGreaterThan(0);
  for (const id of jobs) await call(gateway, `/v1/jobs/${id}`, { method: "DELETE" });
});

stackTest("admission: when no model can take it, 503 names each and why", async ({ stack }) => {
  const { gateway, redis } = stack;
  const meta = `{${redis.namespace}}:model-thinker:meta`;
  await redis.admin.hset(meta, "paused", 1);
  const { status, body } = await call(gateway, "/generate", { body: { prompt: "x", model: "thinker" } });
  await redis.admin.hdel(meta, "paused");
  expect([status, body.error.code]).toEqual([503, "ALL_MODELS_UNAVAILABLE"]);
  expect(body.error.message).toContain("thinker (paused)");
  expect(body.error.skipped).toEqual([expect.objectContaining({ model: "thinker", reason: "paused" })]);
});

stackTest("one tenant does not see another's job", async ({ stack }) => {
  const { gateway } = stack;
  const id = await submit(stack, { prompt: "mine", model: "fast" }, { "x-tenant": "a" });
  for (const path of ["", "/events", "/history"]) {
    expect((await call(gateway, `/v1/jobs/${id}${path}`, { headers: { "x-tenant": "b" } })).status).toBe(404);
  }
  expect((await call(gateway, `/v1/jobs/${id}`, { method: "DELETE", headers: { "x-tenant": "b" } })).status).toBe(404);
  expect((await call(gateway, `/v1/jobs/${id}`, { headers: { "x-tenant": "a" } })).status).toBe(200);
  const named = await call(gateway, "/generate", { body: { prompt: "x", tenant: "a" }, headers: { "x-tenant": "b" } });
  expect([named.status, named.body.error.code]).toEqual([403, "FORBIDDEN"]);
});
