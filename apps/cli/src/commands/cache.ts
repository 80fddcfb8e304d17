import { Command } from "commander";
import { connectionOf, type GlobalOptions } from "../global-options.ts";

/** The answers that a namespace keeps. */
export function cacheCommand(): Command {
  return new Command("cache")
    .description("show what the answer cache does, purge it, report a wrong answer")
    .addCommand(statsCommand())
    .addCommand(purgeCommand())
    .addCommand(reportCommand())
    .addCommand(pairsCommand());
}

function statsCommand(): Command {
  return new Command("stats")
    .description("show hits, misses, refusals, evictions and size")
    .option("--json", "print them as JSON")
    .action(async (_own: unknown, command: Command) => {
      const { json, ...globals } = command.optsWithGlobals<GlobalOptions & { json?: true }>();
      const [{ Client }, { formatCacheStats }] = await Promise.all([import("@llm-router/client"), import("../format-cache.ts")]);
      await using client = new Client(connectionOf(globals));
      const stats = await client.cache.stats();
      console.log(json ? JSON.stringify(stats, undefined, 2) : formatCacheStats(stats));
    });
}

function purgeCommand(): Command {
  return new Command("purge")
    .description("forget answers: by the id of a request that made or got one, by model, or all")
    .argument("[ids...]", "ids of requests, or of entries (<cache key>:<model>)")
    .option("--model <name>", "all that this model made")
    .option("--all", "all of them")
    .action(async (ids: string[], _own: unknown, command: Command) => {
      const { model, all, ...globals } = command.optsWithGlobals<GlobalOptions & { model?: string; all?: true }>();
      if ([ids.length > 0, model !== undefined, all === true].filter(Boolean).length !== 1) {
        command.error("name ids, a --model, or --all: one of them");
      }
      const { Client } = await import("@llm-router/client");
      await using client = new Client(connectionOf(globals));
      const selections = ids.length > 0 ? ids.map((id) => ({ id })) : [model === undefined ? { all: true as const } : { model }];
      let purged = 0;
      for (const selection of selections) purged += await client.cache.purge(selection);
      console.log(`${purged} purged`);
    });
}

function reportCommand(): Command {
  return new Command("report")
    .description("a request got a wrong answer from the cache: forget that answer, and keep the two questions for training")
    .argument("<id>", "the request's id")
    .action(async (id: string, _own: unknown, command: Command) => {
      const globals = command.optsWithGlobals<GlobalOptions>();
      const { Client } = await import("@llm-router/client");
      await using client = new Client(connectionOf(globals));
      const { purged, pair } = await client.cache.report(id);
      console.log(purged ? "purged" : "the answer was gone already");
      console.log(pair ? `kept: ${JSON.stringify(pair.asked)} is not ${JSON.stringify(pair.cached)}` : "no pair of questions to keep");
    });
}

function pairsCommand(): Command {
  return new Command("pairs")
    .description("print the questions of reported answers, one JSON object a line: { a: cached, b: asked, same: false, … }")
    .action(async (_own: unknown, command: Command) => {
      const globals = command.optsWithGlobals<GlobalOptions>();
      const { Client } = await import("@llm-router/client");
      await using client = new Client(connectionOf(globals));
      for (const { asked, cached, ...rest } of await client.cache.reportedPairs()) {
        console.log(JSON.stringify({ a: cached, b: asked, same: false, ...rest }));
      }
    });
}
