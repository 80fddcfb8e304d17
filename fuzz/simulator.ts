// A simulator process of a run: the model server, and a log of its calls that outlives it.
import { type CallRecord, type ControlInput, startSimulator } from "@llm-router/simulator";
import { watchLag } from "./lib/lag.ts";
import { LogFile } from "./lib/log-file.ts";

const env = process.env as { FUZZ_NAME: string; FUZZ_LOG: string; FUZZ_PORT: string; FUZZ_CONTROL_PORT: string; FUZZ_BEHAVIOUR: string };
const log = new LogFile(env.FUZZ_LOG);
const simulator = await startSimulator({
  port: Number(env.FUZZ_PORT),
  controlPort: Number(env.FUZZ_CONTROL_PORT),
  ...(JSON.parse(env.FUZZ_BEHAVIOUR) as ControlInput),
});

const seen = new Set<number>();
const ended = new Set<number>();

function note(call: CallRecord): void {
  const { n, model, requestId: id, marker, receivedAt, endedAt, outcome } = call;
  const common = { k: "call" as const, sim: env.FUZZ_NAME, c: `${env.FUZZ_NAME}.${process.pid}.${n}`, model, id, marker };
  if (!seen.has(n)) log.write({ ...common, at: receivedAt });
  seen.add(n);
  if (outcome === null || ended.has(n)) return;
  ended.add(n);
  log.write({ ...common, at: endedAt ?? receivedAt, outcome });
}

// The predicate is asked at every change of a call; it never matches, so it sees them all.
const never = (call: CallRecord): boolean => {
  note(call);
  return false;
};
simulator.waitForCall(never, { timeoutMs: 2_147_483_647 }).catch(() => undefined);
watchLag((ms) => log.write({ k: "lag", at: Date.now(), ms }));
process.on("disconnect", () => process.exit(0));
process.send?.({ ready: true });
