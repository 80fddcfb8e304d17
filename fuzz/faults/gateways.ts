import { setTimeout as delay } from "node:timers/promises";
import { withFree } from "./busy.ts";
import type { Inject } from "./index.ts";

/** A gateway dies; its callers go to the other one. */
export const gatewayKill: Inject = ({ world, random, begin }) =>
  withFree(world.gateways, random, async (gateway) => {
    begin(gateway.name);
    await gateway.kill9();
    await delay(random.int(50, 1_000));
    await gateway.start();
  });

export const gatewayStop: Inject = ({ world, random, begin }) =>
  withFree(world.gateways, random, async (gateway) => {
    begin(gateway.name);
    gateway.stop();
    await delay(random.int(300, 4_000));
    gateway.continue();
  });
