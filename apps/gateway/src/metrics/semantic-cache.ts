import type { Client } from "@llm-router/client";
import { Gauge, type Registry } from "prom-client";

const states = ["on", "exact-only", "off"] as const;

/** Whether this gateway finds answers in other words, and whether what holds the vectors answers, read when the page is. */
export function semanticCacheMetrics(client: Client, register: Registry): void {
  const state = new Gauge({
    name: "llmr_gateway_semantic_cache",
    help: "1 for the state of this gateway's semantic cache.",
    labelNames: ["state"],
    registers: [],
    collect() {
      const now = client.cache.semanticState().state;
      for (const each of states) this.set({ state: each }, Number(each === now));
    },
  });
  const storeUp = new Gauge({
    name: "llmr_gateway_semantic_store_up",
    help: "1 when what holds the vectors of the semantic cache answered a second ago; nothing while the cache is not on.",
    registers: [],
    collect() {
      const { store } = client.cache.semanticState();
      if (store) this.set(Number(store.ok));
      else this.remove();
    },
  });
  for (const metric of [state, storeUp]) register.registerMetric(metric);
}
