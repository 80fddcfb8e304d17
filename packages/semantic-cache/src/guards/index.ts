import { dates } from "./dates.ts";
import { deed } from "./deed.ts";
import { direction } from "./direction.ts";
import { forms } from "./forms.ts";
import type { Guard, Verdict } from "./guard.ts";
import { language } from "./language.ts";
import { length } from "./length.ts";
import { literals } from "./literals.ts";
import { minimalPair } from "./minimal-pair.ts";
import { names } from "./names.ts";
import { numbers } from "./numbers.ts";
import { parts } from "./parts.ts";
import { payload } from "./payload.ts";
import { persons } from "./persons.ts";
import { polarity } from "./polarity.ts";
import { questionWord } from "./question-word.ts";
import type { Reading } from "./reading.ts";
import { roles } from "./roles.ts";
import { units } from "./units.ts";
import { variables } from "./variables.ts";

/** In the order in which they are asked; the first that refuses is named. */
export const guards: readonly Guard[] = [
  numbers,
  units,
  dates,
  literals,
  variables,
  payload,
  forms,
  deed,
  language,
  length,
  parts,
  polarity,
  names,
  direction,
  roles,
  questionWord,
  persons,
  minimalPair,
];

export interface Guarded {
  verdict: Verdict;
  /** The guards that refused or doubted. */
  by: string[];
}

/** What all guards say of a pair: the strictest verdict, and who gave it. */
export function guard(a: Reading, b: Reading): Guarded {
  const doubts: string[] = [];
  for (const { name, check } of guards) {
    const verdict = check(a, b);
    if (verdict === "refuse") return { verdict, by: [name] };
    if (verdict === "doubt") doubts.push(name);
  }
  return { verdict: doubts.length > 0 ? "doubt" : "pass", by: doubts };
}
