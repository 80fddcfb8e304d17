import type { SemanticCacheState } from "@llm-router/contracts";
import { Gauge, type Registry } from "prom-client";

const states = ["on", "exact-only", "off"] as const satisfies readonly SemanticCacheState["state"][];

/**
 * Whether a gateway or a worker finds answers in other words, and whether what holds the vectors answers:
 * `llmr_<part>_semantic_cache{state}` and `llmr_<part>_semantic_store_up`.
 * @param read Asked when the page is read.
 */
export function registerSemanticCacheGauges(register: Registry, part: "gateway" | "worker", read: () => SemanticCacheState): void {
  const state = new Gauge({
    name: `llmr_${part}_semantic_cache`,
    help: `1 for the state of this ${part}'s semantic cache.`,
    labelNames: ["state"],
    registers: [],
    collect() {
      const now = read().state;
      for (const each of states) this.set({ state: each }, Number(each === now));
    },
  });
  const storeUp = new Gauge({
    name: `llmr_${part}_semantic_store_up`,
    help: "1 when what holds the vectors of the semantic cache answered a second ago; nothing while the cache is not on.",
    registers: [],
    collect() {
      const { store } = read();
      if (store) this.set(Number(store.ok));
      else this.remove();
    },
  });
  for (const metric of [state, storeUp]) register.registerMetric(metric);
}
