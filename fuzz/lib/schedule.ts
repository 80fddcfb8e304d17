import { Random } from "./random.ts";

/** Faults of workers and producers, of gateways, of the way to Redis, and of the models: each lane has one at a time, the lanes run side by side. */
export const lanes = {
  processes: ["worker-kill", "worker-stop", "producer-kill", "producer-stop", "worker-add", "worker-remove", "config-change"],
  gateways: ["gateway-kill", "gateway-stop"],
  redis: ["redis-kill", "redis-cut", "redis-stall", "redis-delay", "redis-half-open", "redis-lose-replies", "redis-late-grants"],
  models: [
    "outage-refuse",
    "outage-reset",
    "outage-status",
    "outage-rate-limit",
    "outage-busy",
    "outage-hang",
    "outage-stall-after",
    "outage-cut-after",
    "outage-end-without-done",
    "outage-error-after",
    "outage-garbage",
    "simulator-kill",
  ],
} as const;
type Lane = keyof typeof lanes;
export type FaultKind = (typeof lanes)[Lane][number];

export interface PlannedFault {
  lane: Lane;
  kind: FaultKind;
  /** From the begin of the load, ms. */
  atMs: number;
  /** How many of its kind came before. */
  round: number;
  random: Random;
}

/** So long does a round of every kind of fault take at least, s. */
const roundSeconds = 38;
/** The load begins alone, ms. */
const leadMs = 1_500;

/** Every fault of a run, by time. The same for the same seed and length. */
export function planFaults(seed: number, loadMs: number): PlannedFault[] {
  const rounds = Math.max(1, Math.floor(loadMs / 1_000 / roundSeconds));
  const faults: PlannedFault[] = [];
  for (const [lane, kinds] of Object.entries(lanes) as [Lane, readonly FaultKind[]][]) {
    const random = new Random(seed).fork(`faults/${lane}`);
    const slotMs = (loadMs - leadMs) / (rounds * kinds.length);
    for (let round = 0; round < rounds; round++) {
      for (const [i, kind] of random.shuffle(kinds).entries()) {
        const atMs = leadMs + (round * kinds.length + i + random.next() * 0.3) * slotMs;
        faults.push({ lane, kind, round, atMs, random: random.fork(`${kind}/${round}`) });
      }
    }
  }
  return faults.toSorted((a, b) => a.atMs - b.atMs);
}
