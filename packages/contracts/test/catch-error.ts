import { RouterError } from "../src/index.ts";

/** The RouterError that `act` throws; fails when it throws nothing, or another error. */
export function catchError(act: () => unknown): RouterError {
  let value: unknown;
  try {
    value = act();
  } catch (error) {
    if (RouterError.is(error)) return error;
    throw error;
  }
  throw new Error(`nothing was thrown, but ${JSON.stringify(value)} returned`);
}
