import { ProcessSlot, type ProcessSlotOptions } from "./process-slot.ts";

interface ServiceOptions extends Pick<ProcessSlotOptions, "name" | "redisPort" | "note" | "onLag"> {
  namespace: string;
  /** The configuration that a start takes now. */
  configPath: () => string;
}

export function workerSlot({ namespace, configPath, ...options }: ServiceOptions): ProcessSlot {
  return new ProcessSlot({
    ...options,
    role: "worker",
    script: new URL("../../apps/worker/src/main.ts", import.meta.url),
    readyLine: /worker ready/,
    env: () => ({
      LLMR_NAMESPACE: namespace,
      LLMR_CONFIG: configPath(),
      LLMR_CONFIG_APPLY: "1",
      SHUTDOWN_GRACE_MS: "1500",
      FUZZ_KEY: "not-a-secret",
    }),
  });
}

/** It comes back on the same port after it was killed, as behind an address that callers know. */
export function gatewaySlot({ namespace, configPath, port, ...options }: ServiceOptions & { port: number }): ProcessSlot {
  return new ProcessSlot({
    ...options,
    role: "gateway",
    script: new URL("../../apps/gateway/src/main.ts", import.meta.url),
    readyLine: /gateway ready/,
    alarm: /request failed/,
    env: () => ({
      LLMR_NAMESPACE: namespace,
      LLMR_CONFIG: configPath(),
      HOST: "127.0.0.1",
      PORT: String(port),
      FUZZ_KEY: "not-a-secret",
    }),
  });
}
