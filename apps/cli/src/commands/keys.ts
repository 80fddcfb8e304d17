import { Command, InvalidArgumentError } from "commander";
import { connectionOf, type GlobalOptions } from "../global-options.ts";

interface CreateOptions extends GlobalOptions {
  tenant?: string;
  class?: string[];
  model?: string[];
  rpm?: number;
  tpm?: number;
  admin?: true;
  print?: true;
}

/** API keys of gateways. */
export function keysCommand(): Command {
  return new Command("keys")
    .description("make, list and revoke API keys of the gateway")
    .addCommand(createCommand())
    .addCommand(listCommand())
    .addCommand(revokeCommand());
}

function createCommand(): Command {
  return new Command("create")
    .description("make a key and show it, once; only its hash is kept, in Redis")
    .argument("<name>", "what it is called: letters, digits, '.', '_' and '-'")
    .option("--tenant <name>", "whose requests are made with it (default: its name)")
    .option("--class <names...>", "the classes that it may use (default: all)")
    .option("--model <names...>", "the models that it may use (default: all)")
    .option("--rpm <n>", "requests per minute, over all gateways (default: no limit)", parseCount)
    .option("--tpm <n>", "tokens per minute, over all gateways (default: no limit)", parseCount)
    .option("--admin", "it may see and change everything")
    .option("--print", "keep nothing in Redis; print an entry for the configuration's gateway.keys instead")
    .action(async (name: string, _own: unknown, command: Command) => {
      const { tenant = name, class: classes, model: models, rpm, tpm, admin = false, print, ...globals } = optionsOf(command);
      const { apiKeyName, apiKeySchema, Client, newApiKey, parseConfigPart } = await import("@llm-router/client");
      const id = parseConfigPart(apiKeyName, name, ["name"]);
      const { key, hash } = newApiKey(id);
      const settings = parseConfigPart(
        apiKeySchema,
        {
          hash,
          tenant,
          ...(classes && { classes: classes.map((each) => each.toLowerCase()) }),
          ...(models && { models }),
          ...(rpm !== undefined && { rpm }),
          ...(tpm !== undefined && { tpm }),
          admin,
        },
        ["key"],
      );
      if (print) {
        // JSON is YAML, too.
        console.log(`${id}: ${JSON.stringify(settings)}`);
        console.error(`The key, shown only here: ${key}`);
        return;
      }
      await using client = new Client(connectionOf(globals));
      await client.apiKeys.add({ id, ...settings, createdAt: Date.now() });
      console.log(key);
      console.error("This is the key; it is not shown again.");
    });
}

function listCommand(): Command {
  return new Command("list")
    .description("list the keys that are kept in Redis")
    .option("--json", "print them as JSON, without their hashes")
    .action(async (_own: unknown, command: Command) => {
      const { json, ...globals } = command.optsWithGlobals<GlobalOptions & { json?: true }>();
      const [{ Client }, { formatTable }] = await Promise.all([
        import("@llm-router/client"),
        import("@llm-router/service-kit/format-table"),
      ]);
      await using client = new Client(connectionOf(globals));
      const keys = await client.apiKeys.list();
      if (json) {
        return console.log(
          JSON.stringify(
            keys.map(({ hash: _hash, ...shown }) => shown),
            undefined,
            2,
          ),
        );
      }
      if (keys.length === 0) return console.log("no API keys");
      const rows = keys.map(({ id, tenant, admin, classes, models, rpm, tpm, createdAt }) => [
        id,
        tenant,
        admin ? "yes" : "",
        classes?.join(" ") ?? "all",
        models?.join(" ") ?? "all",
        String(rpm ?? ""),
        String(tpm ?? ""),
        createdAt === undefined ? "" : new Date(createdAt).toISOString(),
      ]);
      console.log(formatTable(["name", "tenant", "admin", "classes", "models", "rpm", "tpm", "made"], rows));
    });
}

function revokeCommand(): Command {
  return new Command("revoke")
    .description("forget keys; gateways refuse them within a second")
    .argument("<names...>", "their names")
    .action(async (names: string[], _own: unknown, command: Command) => {
      const { Client } = await import("@llm-router/client");
      await using client = new Client(connectionOf(command.optsWithGlobals<GlobalOptions>()));
      for (const name of names) {
        const found = await client.apiKeys.revoke(name);
        if (!found) process.exitCode = 1;
        console.log(`${name}: ${found ? "revoked" : "there is no such key"}`);
      }
    });
}

const optionsOf = (command: Command): CreateOptions => command.optsWithGlobals<CreateOptions>();

function parseCount(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1) throw new InvalidArgumentError("It is a whole number from 1 on.");
  return count;
}
