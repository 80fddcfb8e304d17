import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Client } from "@llm-router/client";
import { startSimulator } from "@llm-router/simulator";
import { startTestRedis, tempDir } from "@llm-router/testkit";
import { describe, expect, test } from "vitest";
import { findProgram, freePort } from "../../packages/service-kit/src/index.ts";
import { startCluster } from "@llm-router/bench/scenarios/cluster";

const docs = readFileSync(new URL("../../docs/reliability.md", import.meta.url), "utf8");
/** The rule as the page gives it, for the namespace `llmr`. */
const rule = /^ACL SETUSER llmr on >(\S+) (.+)$/m.exec(docs)?.[2] ?? "";

describe("a Redis user with the rights that docs/reliability.md names", () => {
  test("may run every command of our scripts", () => {
    const folder = new URL("../../packages/job-queue/src/lua/", import.meta.url);
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".lua"));
    const used = files.flatMap((name) =>
      [...readFileSync(new URL(name, folder), "utf8").matchAll(/rcall\("([A-Z]+)"/g)].map((match) => match[1]?.toLowerCase()),
    );
    expect(used.length).toBeGreaterThan(50);
    const allowed = new Set([...rule.matchAll(/\+(\S+)/g)].map((match) => match[1]));
    expect([...new Set(used)].filter((command) => !allowed.has(command))).toEqual([]);
  });

  test("serves and submits, and is refused nothing that it asks for; other keys are not its own", async () => {
    await using redis = await startTestRedis();
    await using simulator = await startSimulator({ tokens: 3, perModel: { broken: { outage: "status" } } });
    await redis.admin.call("ACL", "SETUSER", "app", "on", ">secret", ...rule.replaceAll("llmr", redis.namespace).split(" "));
    const url = redis.url.replace("redis://", "redis://app:secret@");
    const of = (model: string) => ({ provider: "ollama", model, baseUrl: simulator.url, rpm: 1_000, tpm: 1_000_000 });
    await using cluster = await startCluster({
      redis: { url, namespace: redis.namespace },
      config: {
        models: { m: of("m"), broken: of("broken") },
        routes: { low: { targets: ["broken"], maxAttempts: 1 }, high: { targets: ["broken"], fallback: ["m"] } },
        breaker: { failureThreshold: 2, recoveryTimeoutMs: 300 },
        cache: { enabled: true },
      },
    });
    const { client } = cluster;
    expect((await client.generate({ prompt: "[[plain]]", model: "m", temperature: 0, idempotencyKey: "k" })).content).toContain(
      "[[plain]]",
    );
    expect((await client.generate({ prompt: "[[moved]]", priority: "HIGH" })).modelUsed).toBe("m");
    expect(await Array.fromAsync(client.stream({ prompt: "[[stream]]", model: "m" }))).not.toEqual([]);
    const failed = await client.enqueue({ prompt: "[[dead]]", priority: "LOW" });
    expect((await failed.outcome()).state).toBe("failed");
    expect(await client.deadLetters.list()).toHaveLength(1);
    expect(await client.deadLetters.purge([failed.id])).toBe(1);
    await simulator.control({ latencyMs: 3_600_000 });
    const slow = await client.enqueue({ prompt: "[[slow]]", model: "m" });
    await simulator.waitForCall(({ marker }) => marker === "slow");
    expect(await slow.status()).toMatchObject({ state: "active" });
    expect((await slow.cancel()).state).toBe("cancelled");
    expect(await client.getModelStatus()).toHaveLength(2);
    await using replicated = new Client({ redis: url, namespace: redis.namespace, durability: "replicated" });
    await (await replicated.enqueue({ prompt: "[[wait]]", model: "m" })).cancel();
    await cluster.workers[0]?.stop();
    // Everything that Redis refused, of any connection, and whether anybody looked at the answer.
    expect(await redis.admin.call("ACL", "LOG")).toEqual([]);
    await using stranger = new Client({ redis: url, namespace: "another" });
    await expect(stranger.generate({ prompt: "x" })).rejects.toThrow(/NOPERM|not allowed|permission/i);
  });
});

test("TLS: a client and a worker that know the certificate's issuer are let in, others are told why not", async ({ skip }) => {
  const openssl = findProgram("openssl") ?? "";
  skip(openssl === "", "there is no openssl on PATH to make a certificate with");
  await using folder = await tempDir();
  const [key, cert] = [join(folder.path, "key.pem"), join(folder.path, "cert.pem")];
  const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
  execFileSync(openssl, ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-keyout", key, "-out", cert, ...subject], {
    stdio: "ignore",
  });
  const port = await freePort();
  const tlsArgs = [
    "--tls-port",
    String(port),
    "--tls-cert-file",
    cert,
    "--tls-key-file",
    key,
    "--tls-ca-cert-file",
    cert,
    "--tls-auth-clients",
    "no",
  ];
  await using redis = await startTestRedis({ args: tlsArgs });
  await using simulator = await startSimulator({ tokens: 3 });
  const url = `rediss://127.0.0.1:${port}`;
  await using _cluster = await startCluster({
    redis: { url, namespace: redis.namespace },
    env: { NODE_EXTRA_CA_CERTS: cert },
    config: { models: { m: { provider: "ollama", model: "m", baseUrl: simulator.url } } },
  });
  await using client = new Client({ redis: { url, options: { tls: { ca: readFileSync(cert) } } }, namespace: redis.namespace });
  expect((await client.generate({ prompt: "[[tls]]" })).content).toContain("[[tls]]");
  await using stranger = new Client({ redis: url, namespace: redis.namespace, redisTimeoutMs: 1_000 });
  const error: unknown = await stranger.generate({ prompt: "x" }).catch((reason: unknown) => reason);
  expect(error).toMatchObject({
    code: "REDIS_UNAVAILABLE",
    cause: expect.objectContaining({ message: expect.stringContaining("self-signed") }),
  });
});
