// A producer process of a run. It plays its part of the load, and writes down every act before it and every observation after it.
import { Producer } from "./lib/producer.ts";
import { LogFile } from "./lib/log-file.ts";

const env = process.env as Record<
  "FUZZ_NAME" | "FUZZ_LOG" | "FUZZ_SEED" | "FUZZ_SLOT" | "FUZZ_FROM" | "FUZZ_LANES" | "FUZZ_GATEWAYS" | "REDIS_URL" | "LLMR_NAMESPACE",
  string
>;
const producer = new Producer({
  name: env.FUZZ_NAME,
  log: new LogFile(env.FUZZ_LOG),
  seed: Number(env.FUZZ_SEED),
  slot: Number(env.FUZZ_SLOT),
  from: Number(env.FUZZ_FROM),
  redis: env.REDIS_URL,
  namespace: env.LLMR_NAMESPACE,
  gatewayPorts: env.FUZZ_GATEWAYS.split(",").map(Number),
  tell: (message) => process.send?.(message),
});

process.on("disconnect", () => process.exit(0));
process.on("message", (message: { do: "cancel" | "attach" | "drain" | "report"; id?: string; gateway?: number }) => {
  if (message.do === "drain") void producer.drain().then(() => process.send?.({ drained: true }));
  else if (message.do === "report") {
    producer.report();
    process.send?.({ reported: true });
  } else if (message.id !== undefined) void producer.act(message.do, message.id, message.gateway);
});
await producer.start(Number(env.FUZZ_LANES));
process.send?.({ ready: true });
