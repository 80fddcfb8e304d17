import { Command } from "commander";
import { connectionOf, type GlobalOptions } from "../global-options.ts";

export function explainCommand(): Command {
  return new Command("explain")
    .description("tell the life of a request, from its acceptance to its outcome")
    .argument("<id>", "the request's id")
    .option("--json", "print { status, history } as JSON")
    .action(async (id: string, _own: unknown, command: Command) => {
      const { json, ...globals } = command.optsWithGlobals<GlobalOptions & { json?: true }>();
      const [{ Client }, { formatLife }] = await Promise.all([import("@llm-router/client"), import("../format-life.ts")]);
      await using client = new Client(connectionOf(globals));
      const job = client.attach(id);
      const [status, history] = await Promise.all([job.status(), job.history()]);
      console.log(json ? JSON.stringify({ status, history }, undefined, 2) : formatLife(status, history));
    });
}
