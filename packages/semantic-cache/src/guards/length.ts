import type { Guard } from "./guard.ts";

/** A prompt that says much more asks for something more. */
export const length: Guard = {
  name: "length",
  check(a, b) {
    const [short = 0, long = 0] = [a.words.length, b.words.length].toSorted((one, other) => one - other);
    if (long > 3 * short && long - short > 15) return "refuse";
    return long > 2 * short && long - short > 8 ? "doubt" : "pass";
  },
};
