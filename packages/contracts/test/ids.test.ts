import * as fc from "fast-check";
import { expect, test } from "vitest";
import { clientIdOf, isRequestId, newClientId, newRequestId, uuidv7 } from "../src/index.ts";
import { catchError } from "./catch-error.ts";

test("an id names its client, is no integer, holds no colon and is never given twice", () => {
  const clients = Array.from({ length: 1_000 }, newClientId);
  expect(new Set(clients).size).toBe(1_000);
  const ids = clients.flatMap((client) => [newRequestId(client), newRequestId(client)]);
  expect(new Set(ids).size).toBe(2_000);
  for (const [index, id] of ids.entries()) {
    expect(isRequestId(id)).toBe(true);
    expect(clientIdOf(id)).toBe(clients[Math.floor(index / 2)]);
    expect(id).not.toContain(":");
    expect(Number.isNaN(Number(id))).toBe(true);
  }
});

test("a version 7 UUID begins with its time, so that ids sort by it", () => {
  expect(uuidv7(0x0123_4567_89ab)).toMatch(/^01234567-89ab-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  fc.assert(
    fc.property(fc.maxSafeNat(), fc.nat(), (time, later) => {
      const first = time % 2 ** 47;
      const second = first + 1 + later;
      expect(uuidv7(first) < uuidv7(second)).toBe(true);
    }),
  );
});

test.each([
  "",
  "7",
  "c1",
  "c:1.018bcfe5-6800-7000-8000-000000000000",
  "1.018bcfe5-6800-7000-8000-000000000000",
  "c1.018bcfe5-6800-4000-8000-000000000000",
  "c1.018bcfe5-6800-7000-8000-000000000000x",
  ".018bcfe5-6800-7000-8000-000000000000",
])("%j is not a request's id", (id) => {
  expect(isRequestId(id)).toBe(false);
  expect(catchError(() => clientIdOf(id)).code).toBe("INVALID_REQUEST");
});

test("only a client's id makes request ids", () => {
  for (const client of ["", "1", "a:b", "a.b", "x".repeat(65)]) expect(catchError(() => newRequestId(client)).code).toBe("INVALID_REQUEST");
  expect(isRequestId(7)).toBe(false);
});
