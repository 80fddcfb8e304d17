import type { Random } from "../lib/random.ts";
import type { FaultKind } from "../lib/schedule.ts";
import type { World } from "../lib/world.ts";
import { gatewayKill, gatewayStop } from "./gateways.ts";
import { outage, simulatorKill } from "./models.ts";
import { configChange, producerKill, producerStop, workerAdd, workerKill, workerRemove, workerStop } from "./processes.ts";
import { lateGrants, proxyFault, redisKill } from "./redis.ts";

interface FaultPorts {
  world: World;
  random: Random;
  round: number;
  /** Now it begins: says whom it strikes. */
  begin: (target: string, redisAway?: "all" | "some") => void;
}

/** Injects a fault, and resolves when it is over. */
export type Inject = (ports: FaultPorts) => Promise<void>;

export const faults: Record<FaultKind, Inject> = {
  "worker-kill": workerKill,
  "worker-stop": workerStop,
  "worker-add": workerAdd,
  "worker-remove": workerRemove,
  "config-change": configChange,
  "producer-kill": producerKill,
  "producer-stop": producerStop,
  "gateway-kill": gatewayKill,
  "gateway-stop": gatewayStop,
  "redis-kill": redisKill,
  "redis-cut": proxyFault("cut", [300, 1_800]),
  "redis-stall": proxyFault("stall", [400, 2_000]),
  "redis-delay": proxyFault("delay", [800, 2_500]),
  "redis-half-open": proxyFault("half-open", [400, 2_000]),
  "redis-late-grants": lateGrants,
  "redis-lose-replies": proxyFault("lose-replies", [60, 400]),
  "outage-refuse": outage("refuse"),
  "outage-reset": outage("reset"),
  "outage-status": outage("status"),
  "outage-rate-limit": outage("rate-limit"),
  "outage-busy": outage("busy"),
  "outage-hang": outage("hang"),
  "outage-stall-after": outage("stall-after"),
  "outage-cut-after": outage("cut-after"),
  "outage-end-without-done": outage("end-without-done"),
  "outage-error-after": outage("error-after"),
  "outage-garbage": outage("garbage"),
  "simulator-kill": simulatorKill,
};
