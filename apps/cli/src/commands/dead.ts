import { Command, InvalidArgumentError } from "commander";
import { connectionOf, type GlobalOptions } from "../global-options.ts";

interface FilterOptions extends GlobalOptions {
  model?: string;
  class?: string;
  code?: string;
  limit: number;
}

/** Dead letters: requests that failed, kept for replay. */
export function deadCommand(): Command {
  return new Command("dead")
    .description("list, replay and purge failed requests")
    .addCommand(listCommand())
    .addCommand(replayCommand())
    .addCommand(purgeCommand());
}

function listCommand(): Command {
  return filtered(new Command("list").description("list failed requests, newest first"))
    .option("--json", "print them as JSON")
    .action(async (_own: unknown, command: Command) => {
      const { json, limit, ...options } = command.optsWithGlobals<FilterOptions & { json?: true }>();
      const [{ Client }, { formatTable }] = await Promise.all([
        import("@llm-router/client"),
        import("@llm-router/service-kit/format-table"),
      ]);
      await using client = new Client(connectionOf(options));
      const letters = await client.deadLetters.list(filterOf(options), limit);
      if (json) return console.log(JSON.stringify(letters, undefined, 2));
      if (letters.length === 0) return console.log("no dead letters");
      const rows = letters.map(({ id, failedAt, model, class: name, code, message, replayedBy }) => [
        id,
        new Date(failedAt).toISOString(),
        model,
        name,
        code,
        replayedBy ?? "",
        message,
      ]);
      console.log(formatTable(["id", "failed", "model", "class", "code", "replayed by", "message"], rows));
    });
}

function replayCommand(): Command {
  return new Command("replay")
    .description("submit failed requests again, each under a new id")
    .argument("<ids...>", "their ids")
    .option("--model <name>", "at this model instead")
    .option("--priority <class>", "with this class or number instead")
    .action(async (ids: string[], _own: unknown, command: Command) => {
      const { model, priority, ...globals } = command.optsWithGlobals<GlobalOptions & { model?: string; priority?: string }>();
      const { Client } = await import("@llm-router/client");
      await using client = new Client(connectionOf(globals));
      for (const id of ids) {
        const job = await client.deadLetters.replay(id, {
          ...(model !== undefined && { model }),
          ...(priority !== undefined && { priority: /^\d+$/.test(priority) ? Number(priority) : priority }),
        });
        console.log(`${id} → ${job.id}`);
      }
    });
}

function purgeCommand(): Command {
  return filtered(new Command("purge").description("forget failed requests for good, by id or by filter"))
    .argument("[ids...]", "their ids; without any: all that match the filter, which must then be given, or --all")
    .option("--all", "all of them")
    .action(async (ids: string[], _own: unknown, command: Command) => {
      const { all, limit, ...options } = command.optsWithGlobals<FilterOptions & { all?: true }>();
      const filter = filterOf(options);
      if (ids.length === 0 && Object.keys(filter).length === 0 && !all) command.error("name ids, a filter, or --all");
      const { Client } = await import("@llm-router/client");
      await using client = new Client(connectionOf(options));
      const chosen =
        ids.length > 0 ? ids : (await client.deadLetters.list(filter, all ? Number.POSITIVE_INFINITY : limit)).map(({ id }) => id);
      console.log(`${await client.deadLetters.purge(chosen)} purged`);
    });
}

function filtered(command: Command): Command {
  return command
    .option("--model <name>", "only of this model")
    .option("--class <name>", "only of this class")
    .option("--code <code>", "only with this error code")
    .option("--limit <n>", "at most so many", parseLimit, 100);
}

function filterOf({ model, class: name, code }: Omit<FilterOptions, "limit">): { model?: string; class?: string; code?: string } {
  return {
    ...(model !== undefined && { model }),
    ...(name !== undefined && { class: name }),
    ...(code !== undefined && { code: code.toUpperCase() }),
  };
}

function parseLimit(text: string): number {
  const limit = Number(text);
  if (!Number.isInteger(limit) || limit < 1) throw new InvalidArgumentError("It is a whole number from 1 on.");
  return limit;
}
