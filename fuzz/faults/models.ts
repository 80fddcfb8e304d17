import { setTimeout as delay } from "node:timers/promises";
import type { Outage, OutageInput } from "@llm-router/simulator";
import type { Random } from "../lib/random.ts";
import { withFree } from "./busy.ts";
import type { Inject } from "./index.ts";

/** A model's server fails in one way for a while, and is well again. */
export function outage(mode: Outage["mode"]): Inject {
  return ({ world, random, begin }) =>
    withFree([...world.simulators.values()], random, async (server) => {
      begin(server.model);
      await server.control({ outage: outageOf(mode, random) });
      await delay(random.int(600, 2_200));
      await server.control({ outage: null });
    });
}

export const simulatorKill: Inject = ({ world, random, begin }) =>
  withFree([...world.simulators.values()], random, async (server) => {
    begin(server.model);
    await server.kill9();
    await delay(random.int(200, 1_500));
    await server.start();
  });

function outageOf(mode: Outage["mode"], random: Random): OutageInput {
  switch (mode) {
    case "status":
      return { mode, status: random.pick([500, 502, 401, 404] as const) };
    case "rate-limit":
      return { mode, retryAfterSeconds: random.int(0, 2) };
    case "stall-after":
    case "cut-after":
    case "end-without-done":
    case "error-after":
      return { mode, tokens: random.int(0, 5) };
    default:
      return { mode };
  }
}
