import { RouterError } from "./errors.ts";

/** The four classes, most urgent first. A class's index is its rank. */
export const priorityClasses = ["CRITICAL", "HIGH", "NORMAL", "LOW"] as const;
export type PriorityClass = (typeof priorityClasses)[number];

/** `Priority.HIGH` and `"high"` mean the same. */
export const Priority = { CRITICAL: "CRITICAL", HIGH: "HIGH", NORMAL: "NORMAL", LOW: "LOW" } as const satisfies Record<
  PriorityClass,
  PriorityClass
>;

/** Disjoint bands of BullMQ's numeric priorities (lower goes first), and the number a class name stands for. */
export const priorityBands = {
  CRITICAL: { min: 1, max: 999, middle: 500 },
  HIGH: { min: 1000, max: 1999, middle: 1500 },
  NORMAL: { min: 2000, max: 2999, middle: 2500 },
  LOW: { min: 3000, max: 3999, middle: 3500 },
} as const satisfies Record<PriorityClass, { min: number; max: number; middle: number }>;

export interface ResolvedPriority {
  class: PriorityClass;
  /** 0 for CRITICAL to 3 for LOW. */
  rank: number;
  /** BullMQ's priority number, 1 to 3999. */
  priority: number;
}

/**
 * Resolves a class name in any case or an integer from 1 to 3999.
 * @throws {RouterError} INVALID_REQUEST for anything else.
 */
export function resolvePriority(input: string | number = "NORMAL"): ResolvedPriority {
  if (typeof input === "string") {
    const rank = priorityClasses.indexOf(input.toUpperCase() as PriorityClass);
    const name = priorityClasses[rank];
    if (name) return { class: name, rank, priority: priorityBands[name].middle };
  } else if (Number.isInteger(input) && input >= 1 && input <= 3999) {
    const rank = Math.floor(input / 1000);
    const name = priorityClasses[rank];
    if (name) return { class: name, rank, priority: input };
  }
  throw new RouterError(
    "INVALID_REQUEST",
    `priority: ${JSON.stringify(input)} is neither critical, high, normal, low nor an integer from 1 to 3999.`,
  );
}
