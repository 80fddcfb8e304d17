import type { Guard } from "./guard.ts";
import type { Reading } from "./reading.ts";

/** Where a question begins: not "a person who", "the place where". */
const start = String.raw`(?:^|[.?!;:]\s*|\b(?:me|know|wonder|explain|by|from|at|in|on|hi|hello|please)\s+)`;
const asks = (words: string) => new RegExp(`${start}(?:${words})\\b`);
/** What kind of thing is asked for; the first that fits. */
const kinds: readonly (readonly [string, RegExp])[] = [
  ["reason", asks("why|how come|what(?:'s| is| are| was| were)? the reasons?|for what reason|what (?:causes?|caused|makes|made)")],
  [
    "time",
    asks("when (?:is|are|was|were|did|do|does|will|can|should)|(?:what|which) (?:year|date|day|month)|(?:at )?what time|on what date"),
  ],
  ["place", asks("where|(?:what|which) (?:place|city|town)")],
  ["person", asks("who|whom|whose")],
  ["duration", asks("how (?:long|many (?:hours|days|weeks|months|years|minutes))")],
  ["price", asks("how (?:much|expensive)|what (?:does|do|did) .{1,40} cost|(?:what.{1,9} )?the (?:price|cost) of")],
  ["count", asks("how (?:many|much)")],
  ["frequency", asks("how often")],
  ["extent", asks("how (?:far|old|tall|big|large|deep|high|fast|hot|cold)")],
  ["method", asks("how (?:do|can|to|could|should|would)")],
];
/** Kinds whose wordings often stand for one another. */
const near = new Set([
  "count price",
  "count duration",
  "extent duration",
  "duration count",
  "price count",
  "duration extent",
  "count extent",
  "extent count",
  "time duration",
  "duration time",
]);

/** Undefined when nothing particular is asked for: "what", "explain", "is it". */
function kindOf({ text }: Reading): string | undefined {
  const lower = text.toLowerCase();
  return kinds.find(([, pattern]) => pattern.test(lower))?.[0];
}

/** Why is not how, when is not where. */
export const questionWord: Guard = {
  name: "question-word",
  check(a, b) {
    const [one, other] = [kindOf(a), kindOf(b)];
    if (one === other) return "pass";
    if (one === undefined || other === undefined) return one === "reason" || other === "reason" ? "doubt" : "pass";
    return near.has(`${one} ${other}`) ? "doubt" : "refuse";
  },
};
