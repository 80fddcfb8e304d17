import type { SemanticCacheState } from "@llm-router/contracts";
import { Command } from "commander";
import { connectionOf, type GlobalOptions } from "../global-options.ts";

export function statusCommand(): Command {
  return new Command("status")
    .description("show the counters of the namespace and the state of every model")
    .option("--json", "print { stats, models, semanticCache } as JSON")
    .action(async (_own: unknown, command: Command) => {
      const { json, ...globals } = command.optsWithGlobals<GlobalOptions & { json?: true }>();
      const [{ Client }, { formatStatus }] = await Promise.all([import("@llm-router/client"), import("../format-status.ts")]);
      await using client = new Client(connectionOf(globals));
      const [stats, models, workers] = await Promise.all([client.getStats(), client.getModelStatus(), client.getWorkers()]);
      const semanticCache = workers.map(({ id, info }) => ({ worker: id, ...(info["semanticCache"] as SemanticCacheState) }));
      console.log(json ? JSON.stringify({ stats, models, semanticCache }, undefined, 2) : formatStatus(stats, models, semanticCache));
    });
}
