import { differences, type Guard } from "./guard.ts";
import type { Reading } from "./reading.ts";

const groups = [
  "january jan",
  "february feb",
  "march mar",
  "april apr",
  "may",
  "june jun",
  "july jul",
  "august aug",
  "september sep sept",
  "october oct",
  "november nov",
  "december dec",
  "monday mondays",
  "tuesday tuesdays",
  "wednesday wednesdays",
  "thursday thursdays",
  "friday fridays",
  "saturday saturdays",
  "sunday sundays",
  "summer",
  "winter",
  "autumn",
  "spring",
  "morning mornings",
  "afternoon afternoons",
  "evening evenings",
  "noon",
  "midnight",
  "weekday weekdays",
  "weekend weekends",
  "daily",
  "weekly",
  "monthly",
  "yearly annual annually",
  "hourly",
  "quarterly",
  "christmas",
  "easter",
  "thanksgiving",
  "halloween",
  "ramadan",
  "diwali",
  "hanukkah",
];
const dateOf = new Map(groups.flatMap((group) => group.split(" ").map((name) => [name, group.split(" ")[0] ?? ""] as const)));
/** Words of another meaning too: a date only beside a number, or with a capital inside a sentence. */
const doubtful = new Set(["may", "march", "mar", "jan", "sep", "spring"]);

function datesOf({ words, typed, starts }: Reading): Set<string> {
  const found = new Set<string>();
  words.forEach((word, at) => {
    const date = dateOf.get(word);
    if (date === undefined) return;
    const besideNumber = /^\d/.test(words[at - 1] ?? "") || /^\d/.test(words[at + 1] ?? "");
    const capital = !starts.has(at) && /^\p{Lu}/u.test(typed[at] ?? "");
    const season = word === "spring" && /^(?:in|this|next|last|the|every|early|late)$/.test(words[at - 1] ?? "");
    if (!doubtful.has(word) || besideNumber || capital || season) found.add(date);
  });
  return found;
}

/** The same months, days, seasons, times of day and intervals on both sides. */
export const dates: Guard = {
  name: "dates",
  check(a, b) {
    const { onlyA, onlyB } = differences(datesOf(a), datesOf(b));
    if (onlyA.length > 0 && onlyB.length > 0) return "refuse";
    return onlyA.length + onlyB.length > 0 ? "doubt" : "pass";
  },
};
