import { RouterError } from "../src/index.ts";

/** The RouterError that `act` throws, or undefined when it throws nothing; any other error passes. */
export function errorOf(act: () => unknown): RouterError | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    if (RouterError.is(error)) return error;
    throw error;
  }
}

/** The RouterError that `act` throws; fails when it throws nothing. */
export function catchError(act: () => unknown): RouterError {
  const error = errorOf(act);
  if (!error) throw new Error("nothing was thrown");
  return error;
}
