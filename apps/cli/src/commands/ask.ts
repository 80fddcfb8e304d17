import type { Client } from "@llm-router/client";
import type { Request } from "@llm-router/contracts";
import { Command, InvalidArgumentError } from "commander";
import { connectionOf, type GlobalOptions } from "../global-options.ts";
import { catchInterruption } from "../interruption.ts";
import { printError } from "../print-error.ts";

interface AskOptions extends GlobalOptions {
  priority?: string | number;
  model?: string;
  stream?: true;
  json?: true;
  timeout?: number;
}

export function askCommand(): Command {
  return new Command("ask")
    .description("send a prompt and print the answer; Ctrl-C cancels it")
    .argument("<prompt>", "the prompt")
    .option("-p, --priority <class>", "critical, high, normal or low, or a number from 1 to 3999 (default: normal)", parsePriority)
    .option("-m, --model <name>", "the model to use (default: as the routes say)")
    .option("-s, --stream", "print the answer as it comes")
    .option("--json", "print the result as JSON; with --stream each delta on a line of its own, the result on the last")
    .option("-t, --timeout <ms>", "whole budget, queueing included (default: 120000)", parseMs)
    .action(async (prompt: string, _own: unknown, command: Command) => ask(prompt, command.optsWithGlobals<AskOptions>()));
}

async function ask(prompt: string, options: AskOptions): Promise<void> {
  const { priority, model, timeout } = options;
  const request: Request = {
    prompt,
    ...(priority !== undefined && { priority }),
    ...(model !== undefined && { model }),
    ...(timeout !== undefined && { timeoutMs: timeout }),
  };
  const { Client } = await import("@llm-router/client");
  using interruption = catchInterruption();
  await using client = new Client(connectionOf(options));
  try {
    if (options.stream) await printStream(client, request, interruption.signal, options.json === true);
    else {
      const result = await client.generate(request, { signal: interruption.signal });
      console.log(options.json ? JSON.stringify(result, undefined, 2) : result.content);
    }
  } catch (error) {
    if (!interruption.signal.aborted) throw error;
    await printError(error);
    process.exitCode = interruption.exitCode;
  }
}

async function printStream(client: Client, request: Request, signal: AbortSignal, json: boolean): Promise<void> {
  await using stream = client.stream(request, { signal });
  let written = "";
  for await (const delta of stream) {
    if (json) {
      console.log(JSON.stringify(delta));
      continue;
    }
    if (delta.restart && written !== "") {
      process.stdout.write("\n");
      console.error("(the model was lost; the answer begins anew)");
      written = "";
    }
    process.stdout.write(delta.text ?? "");
    written += delta.text ?? "";
  }
  if (json) console.log(JSON.stringify(await stream.result()));
  else if (!written.endsWith("\n")) process.stdout.write("\n");
}

function parsePriority(text: string): string | number {
  return /^\d+$/.test(text) ? Number(text) : text;
}

function parseMs(text: string): number {
  const ms = Number(text);
  if (!Number.isInteger(ms) || ms <= 0) throw new InvalidArgumentError("Give a whole number of milliseconds.");
  return ms;
}
