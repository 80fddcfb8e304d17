import { type Guard, shareAny } from "./guard.ts";
import type { Reading } from "./reading.ts";

/** As far from here to there as back. */
const mutual = /^(?:far|distance|between|apart|away)$/;
const articles = new Set(["the", "a", "an", "my", "our", "your"]);

/** The words behind "from", and behind "to" and "into". */
function endsOf({ words }: Reading): { from: Set<string>; to: Set<string> } {
  const from = new Set<string>();
  const to = new Set<string>();
  words.forEach((word, at) => {
    const next = words[at + 1] ?? "";
    const end = articles.has(next) ? (words[at + 2] ?? "") : next;
    if (word === "from" && end) from.add(end);
    if ((word === "to" || word === "into" || word === "onto") && end) to.add(end);
  });
  return { from, to };
}

/** From A to B is not from B to A, nor A to B the same as B to A. */
export const direction: Guard = {
  name: "direction",
  check(a, b) {
    if (a.words.some((word) => mutual.test(word)) && b.words.some((word) => mutual.test(word))) return "pass";
    const [one, other] = [endsOf(a), endsOf(b)];
    const crossed = shareAny(one.from, other.to) || shareAny(one.to, other.from);
    const straight = shareAny(one.from, other.from) || shareAny(one.to, other.to);
    if (crossed) return straight ? "doubt" : "refuse";
    // "5 miles to km", "km to 5 miles": the goal of one stands before the "to" of the other.
    const turned =
      [...one.to].some((goal) => standsBefore(b, goal, other.to)) && [...other.to].some((goal) => standsBefore(a, goal, one.to));
    return turned && !shareAny(one.to, other.to) ? "refuse" : "pass";
  },
};

function standsBefore({ words }: Reading, word: string, goals: ReadonlySet<string>): boolean {
  return words.some((each, at) => each === word && /^(?:to|into)$/.test(words[at + 1] ?? "") && goals.size > 0);
}
