import { expect, test } from "vitest";
import { redactText, redactUrl } from "../src/index.ts";

test.each([
  ["redis://user:hunter2@host:6379/0", "redis://user:***@host:6379/0"],
  ["rediss://:hunter2@host", "rediss://:***@host"],
  ["redis://127.0.0.1:6379", "redis://127.0.0.1:6379"],
  ["not a url", "not a url"],
])("redactUrl(%s) is %s", (url, expected) => {
  expect(redactUrl(url)).toBe(expected);
});

test("redactText hides secret fields at any depth, bearer tokens and passwords in URLs, and keeps the JSON valid", () => {
  const secret = 'hunter2"\\x';
  const line = JSON.stringify({
    model: { provider: { apiKey: secret } },
    headers: { Authorization: secret },
    password: secret,
    err: { message: "call with Bearer sk-hunter2hunter2 to redis://u:hunter2@host failed" },
    keep: "apiKey",
  });
  const redacted = redactText(line);
  expect(redacted).not.toContain("hunter2");
  expect(JSON.parse(redacted)).toMatchObject({ model: { provider: { apiKey: "***" } }, keep: "apiKey" });
});
