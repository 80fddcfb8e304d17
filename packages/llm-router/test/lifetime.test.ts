import { type Simulator, startSimulator } from "@llm-router/simulator";
import { type NodeProcess, type RedisAccess, redisTest, spawnNode } from "@llm-router/testkit";
import { expect } from "vitest";
import { errorOf, newRouter } from "./support.ts";

const endedByItself = { code: 0, signal: null };

function run(program: string, redis: RedisAccess, simulator?: Simulator): NodeProcess {
  return spawnNode(new URL("lifetime.fixture.ts", import.meta.url), { args: [program, redis.url, redis.namespace, simulator?.url ?? ""] });
}

redisTest("a process that never closes its router ends by itself once nothing is open", async ({ redis }) => {
  await using simulator = await startSimulator({ answer: "done", latencyMs: 300 });
  await using script = run("unclosed", redis, simulator);
  expect(await script.exited).toEqual(endedByItself);
  expect(script.stdout()).toEqual(["done", "ends by itself"]);
});

redisTest("a process that waits for an answer, or reads a stream, does not end early", async ({ redis }) => {
  await using simulator = await startSimulator({ answer: "one two", latencyMs: 700, tokensPerSecond: 4 });
  await using router = newRouter(redis);
  await router.addModel("local", { provider: "ollama", model: "m", baseUrl: simulator.url }).start();
  await using waits = run("unclosed-client", redis);
  await using streams = run("streams", redis);
  expect(await waits.exited).toEqual(endedByItself);
  expect(waits.stdout()).toEqual(["one two", "ends by itself"]);
  expect(await streams.exited).toEqual(endedByItself);
  expect(streams.stdout()).toEqual(["one", "two", "ends by itself"]);
});

redisTest("a process that only enqueues ends at once, and its request runs on", async ({ redis }) => {
  await using simulator = await startSimulator({ answer: "done", outage: "hang" });
  await using router = newRouter(redis, { shutdownGraceMs: 0 });
  await router.addModel("local", { provider: "ollama", model: "m", baseUrl: simulator.url, maxQueueDepth: 9 }).start();
  await using script = run("enqueues", redis);
  const [, id = ""] = await script.waitForLine(/accepted (\S+)/);
  expect(await script.exited).toEqual(endedByItself);
  expect((await router.attach(id).status()).state).toBe("active");
  await router.attach(id).cancel();
});

redisTest("`await using` closes everything: no connection and no handle is left", async ({ redis }) => {
  await using simulator = await startSimulator({ answer: "done" });
  const connections = async () =>
    String(await redis.admin.client("LIST"))
      .trim()
      .split("\n").length;
  const before = await connections();
  // Several: a process that ends in the middle of its close() does so only now and then.
  const scripts = Array.from({ length: 4 }, () => run("closes", redis, simulator));
  for (const script of scripts) {
    expect(await script.exited).toEqual(endedByItself);
    expect(script.stdout()).toEqual(["done", "left []", "ends by itself"]);
  }
  expect(await connections()).toBe(before);
});

redisTest("a process that serves a model does not end while another process's job runs on it", async ({ redis }) => {
  await using server = run("serves", redis);
  await server.waitForLine(/serving/);
  await using router = newRouter(redis);
  const answer = router.generate("Hi");
  await server.waitForLine(/running/);
  server.signal("SIGUSR2");
  expect(await answer).toMatchObject({ content: "served", attempts: [{ outcome: "completed" }] });
  expect(await server.exited).toEqual(endedByItself);
  expect(server.stdout()).toEqual(["serving", "running", "ends by itself"]);
});

redisTest("a process that serves models and has nothing open ends by itself", async ({ redis }) => {
  await using server = run("serves", redis);
  await server.waitForLine(/serving/);
  server.signal("SIGUSR2");
  expect(await server.exited).toEqual(endedByItself);
});

redisTest("close() hands back what runs longer than the grace period, and ends what waits here", async ({ redis }) => {
  await using simulator = await startSimulator({ outage: "hang" });
  await using other = newRouter(redis);
  const router = newRouter(redis, { shutdownGraceMs: 0 });
  await router.addModel("local", { provider: "ollama", model: "m", baseUrl: simulator.url }).start();
  const job = await other.enqueue("Hi");
  const rejected = errorOf(router.attach(job.id).result());
  await simulator.waitForCall(({ outcome }) => outcome === null);
  await router.close();
  expect(await rejected).toMatchObject({ code: "CLOSED" });
  await expect(router.generate("Hi")).rejects.toMatchObject({ code: "CLOSED" });
  await simulator.control({ outage: null, answer: "after all" });
  await other.addModel("local", { provider: "ollama", model: "m", baseUrl: simulator.url }).start();
  expect((await job.result()).content).toBe("after all");
});
