import * as fc from "fast-check";
import { expect, test } from "vitest";
import { expandModel, expandSecrets, modelSchema } from "../src/index.ts";
import { catchError } from "./catch-error.ts";

test("names, defaults and escapes are expanded, at any depth, and nothing else is touched", () => {
  const value = { a: ["${A}", "x-${A}-${B:-two}", "${EMPTY:-d}", "$${A}", "$5"], b: { c: 3, d: null, e: "${B:-}" } };
  expect(expandSecrets(value, { A: "one", EMPTY: "" })).toEqual({
    a: ["one", "x-one-two", "d", "${A}", "$5"],
    b: { c: 3, d: null, e: "" },
  });
  expect(value.a[0]).toBe("${A}");
});

test("a value is put in as it is: it is not expanded again", () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), (secret) => {
      expect(expandSecrets("<${A}>", { A: secret, B: "b" })).toBe(`<${secret}>`);
    }),
  );
  expect(expandSecrets("${A}", { A: "${B} $& $1", B: "b" })).toBe("${B} $& $1");
});

test("a missing variable is named with its place and the fix, and no value is shown", () => {
  const error = catchError(() => expandSecrets({ apiKey: "${KEY}", x: "${OTHER}" }, { OTHER: "hunter2" }, ["models", "cloud"]));
  expect(error.code).toBe("CONFIG_INVALID");
  expect(error.message).toBe(
    "models.cloud.apiKey: the environment variable KEY is not set; set it where this process starts, or write ${KEY:-default}.",
  );
  expect(catchError(() => expandSecrets("${KEY}", { KEY: "" })).message).toContain("KEY is empty");
});

test.each(["${", "${A", "${}", "${1A}", "${A-b}", "${A B}"])("%s names no variable", (text) => {
  const error = catchError(() => expandSecrets({ options: { text } }, { A: "hunter2" }));
  expect(error.message).toBe(
    "options.text: holds a ${…} that names no variable; write ${NAME} or ${NAME:-default}, and $${ for a plain ${.",
  );
});

test("a model's address is checked once its variables are known, without showing it", () => {
  const model = modelSchema.parse({ provider: "openai", model: "m", baseUrl: "${URL}" });
  expect(expandModel("m", model, { URL: "http://127.0.0.1:1/v1" }).baseUrl).toBe("http://127.0.0.1:1/v1");
  for (const url of ["localhost", "ftp://h", "http://u:hunter2@h", "${X}"]) {
    const error = catchError(() => expandModel("m", model, { URL: url }));
    expect(error.code).toBe("CONFIG_INVALID");
    expect(error.message).toMatch(/^models\.m\.baseUrl: /);
    expect(error.message).not.toContain("hunter2");
  }
});
