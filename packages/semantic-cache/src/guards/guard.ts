import type { Reading } from "./reading.ts";

/** `refuse`: never served. `doubt`: served only if the verifier is surer than otherwise. */
export type Verdict = "pass" | "doubt" | "refuse";

/** Compares two prompts in one respect, by rule. It may only refuse or doubt; what it passes is still the verifier's to judge. */
export interface Guard {
  readonly name: string;
  readonly check: (a: Reading, b: Reading) => Verdict;
}

/** What is in one and not in the other, on both sides. */
export function differences(a: ReadonlySet<string>, b: ReadonlySet<string>): { onlyA: string[]; onlyB: string[] } {
  return { onlyA: [...a].filter((each) => !b.has(each)), onlyB: [...b].filter((each) => !a.has(each)) };
}

export function equalSets(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && [...a].every((each) => b.has(each));
}

export function shareAny(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return [...a].some((each) => b.has(each));
}
