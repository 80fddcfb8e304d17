import { once } from "node:events";
import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { expect } from "vitest";
import { call } from "./support/cluster.ts";
import { type Stack, stackTest } from "./support/stack.ts";

const prompts = ["/v1/chat/completions", "/api/generate", "/api/chat", "/generate", "/v1/jobs"];

/** Sends text as it is on a bare connection; what comes back until it is closed. */
async function raw({ gateway }: Stack, text: string): Promise<string> {
  const { hostname, port } = new URL(gateway.url);
  const socket = connect(Number(port), hostname);
  socket.on("error", () => undefined); // the answer says what was wrong; a reset after it is no news
  let answer = "";
  socket.setEncoding("utf8").on("data", (data: string) => (answer += data));
  socket.write(text);
  await once(socket, "close");
  return answer;
}

const messageOf = (body: { error: string | { message: string } }): string =>
  typeof body.error === "string" ? body.error : body.error.message;

stackTest("what is no JSON, or of the wrong type, is told where it is wrong, and leaves nothing", async ({ stack }) => {
  const before = await stack.records();
  const cases: [path: string, body: string, expected: RegExp][] = [
    ...prompts.flatMap((path): [string, string, RegExp][] => [
      [path, "{bad", /not JSON/],
      [path, '{"a":1', /not JSON/],
      [path, "[]", /must be|is/],
      [path, "null", /must be|is/],
      [path, '"text"', /must be|is/],
    ]),
    ["/v1/chat/completions", '{"model":"fast","messages":[{"role":"robot","content":"x"}]}', /messages\[0\]\.role/],
    ["/v1/chat/completions", '{"model":7,"messages":[]}', /model/],
    ["/v1/chat/completions", '{"model":"fast","messages":[{"role":"user","content":" "}]}', /empty/],
    ["/api/chat", '{"model":"llama","messages":[{"role":"user","content":{}}]}', /messages\[0\]\.content/],
    ["/api/generate", '{"model":"llama","prompt":"x","options":{"seed":"x"}}', /options\.seed/],
    ["/generate", '{"prompt":"x","temprature":1}', /temprature.*did you mean "temperature"/],
    ["/generate", '{"prompt":"x","priority":"urgent"}', /priority/],
    ["/v1/jobs", '{"prompt":"x","__proto__":{"admin":true}}', /__proto__/],
    ["/v1/jobs", '{"prompt":5}', /prompt/],
  ];
  for (const [path, body, expected] of cases) {
    const response = await fetch(`${stack.gateway.url}${path}`, { method: "POST", body });
    const answer = (await response.json()) as { error: string | { message: string } };
    expect([path, body, response.status]).toEqual([path, body, 400]);
    expect(messageOf(answer)).toMatch(expected);
    expect(JSON.stringify(answer)).not.toMatch(/node_modules|at \w+ \(/);
  }
  for (const path of prompts) {
    const { status, body } = await call(stack.gateway, path, { method: "POST" });
    expect([path, status]).toEqual([path, 400]);
    expect(messageOf(body)).toMatch(/is missing|no body|either/);
  }
  expect(await stack.records()).toEqual(before);
});

stackTest("wrong headers are named", async ({ stack }) => {
  const wrong = {
    "x-priority": "urgent",
    "x-timeout-ms": "soon",
    "x-cache": "maybe",
    "x-on-disconnect": "shrug",
    "x-tenant": "t".repeat(129),
  };
  for (const [name, value] of Object.entries(wrong)) {
    const { status, body } = await call(stack.gateway, "/generate", { body: { prompt: "x", model: "fast" }, headers: { [name]: value } });
    expect([name, status]).toEqual([name, 400]);
    expect(body.error.message).toContain(name === "x-priority" ? "priority" : name);
  }
});

stackTest("a prompt over the limit is refused, and a body of 100 MB is not even read", async ({ stack }) => {
  const before = await stack.records();
  const prompt = "x".repeat(5 * 1024 * 1024);
  const large = await call(stack.gateway, "/generate", { body: { prompt, model: "fast" } });
  expect([large.status, large.body.error.code]).toEqual([413, "PROMPT_TOO_LARGE"]);
  for (const path of prompts) {
    const request = httpRequest(`${stack.gateway.url}${path}`, { method: "POST", headers: { "content-length": 100_000_000 } });
    request.on("error", () => undefined); // it is broken off below
    request.write("{");
    const [response] = await once(request, "response");
    expect([path, response.statusCode]).toEqual([path, 413]);
    request.destroy();
  }
  // Without a length, it is the bytes that count.
  const endless = httpRequest(`${stack.gateway.url}/generate`, { method: "POST" });
  endless.on("error", () => undefined); // it is broken off below
  endless.write(Buffer.alloc(9 * 1024 * 1024, "x"));
  const [response] = await once(endless, "response");
  expect(response.statusCode).toBe(413);
  endless.destroy();
  expect(await stack.records()).toEqual(before);
});

stackTest("floods of headers and bytes that are no HTTP are answered and cut off", async ({ stack }) => {
  const { host } = new URL(stack.gateway.url);
  const flood = Array.from({ length: 2_000 }, (_, i) => `x-${i}: ${"y".repeat(40)}`).join("\r\n");
  expect(await raw(stack, `GET / HTTP/1.1\r\nHost: ${host}\r\n${flood}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 431 [\s\S]*16 KiB/);
  expect(await raw(stack, "hello there\r\n\r\n")).toMatch(/^HTTP\/1\.1 400 /);
});

stackTest("path tricks find nothing", async ({ stack }) => {
  const { host } = new URL(stack.gateway.url);
  const paths = [
    "/v1/jobs/../../etc/passwd",
    "/v1/jobs/..%2f..%2fetc%2fpasswd",
    "/v1/jobs/%00",
    "/v1/jobs/*",
    "/%2e%2e/package.json",
    "//etc/passwd",
    "/v1//jobs",
  ];
  for (const path of paths) {
    expect([path, await raw(stack, `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)]).toEqual([
      path,
      expect.stringMatching(/^HTTP\/1\.1 404 /),
    ]);
  }
  expect(await raw(stack, `GET /v1/jobs/%zz HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)).toMatch(/^HTTP\/1\.1 400 /);
  const { status, body } = await call(stack.gateway, "/v1/embeddings", { body: {} });
  expect([status, body.error.message]).toEqual([404, "There is no POST /v1/embeddings here."]);
});
