import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

/** The functions that every process calls, by the name of their file in `lua/`; each one's header lists its KEYS, ARGV and answer. */
const functionNames = [
  "append",
  "attach",
  "beat",
  "book",
  "cache-count",
  "cache-forget",
  "cache-purge",
  "cache-put",
  "cache-unbind",
  "cache-vector",
  "cancel",
  "define",
  "dispatch",
  "fetch",
  "finish",
  "move",
  "purge",
  "reap",
  "recover",
  "renew",
  "settle-rate",
  "sweep",
  "take-rate",
] as const;
export type FunctionName = (typeof functionNames)[number];

/** What the functions share, in `lua/include/`: each file uses only those before it. */
const includes = [
  "base",
  "together",
  "events",
  "iso-time",
  "waiting",
  "record",
  "settle",
  "breaker",
  "rates",
  "choose",
  "place",
  "coalesce",
  "answered",
  "start",
  "grant",
  "offers",
  "displace",
  "leave",
  "dead-letters",
  "retention",
  "cache",
];

const folder = new URL("./lua/", import.meta.url);
const flagsLine = /^-- flags: (.+)\n/;
/** What stands above it is compiled with the library; without it everything belongs to the call. */
const mainLine = "\n--- @main\n";

/** One Redis Functions library. Its name carries the hash of its text, so versions live side by side. */
export interface Library {
  name: string;
  text: string;
  /** The name of a function as FCALL takes it. */
  functionOf(name: FunctionName): string;
}

/**
 * Puts the library together. Redis compiles it once and keeps it, in its snapshots, its append-only file and its replicas too;
 * a script would define every helper anew at each call, and would be unknown after a failover.
 */
export function buildLibrary(): Library {
  const shared = includes.map((name) => read(`include/${name}`)).join("\n");
  const bodies = functionNames.map((name) => ({ name, body: read(name) }));
  const hash = createHash("sha1")
    .update(shared + bodies.map(({ body }) => body).join("\n"))
    .digest("hex")
    .slice(0, 12);
  const name = `llmr_${hash}`;
  const functionOf = (each: FunctionName) => `${name}_${each.replaceAll("-", "_")}`;
  const registrations = bodies.map(({ name: each, body }) => {
    const flags = flagsLine.exec(body)?.[1]?.split(" ") ?? [];
    const flagList = flags.map((flag) => `"${flag}"`).join(", ");
    const [own, main] = body.includes(mainLine) ? body.split(mainLine) : ["", body];
    const callback = `function(KEYS, ARGV)\nbegin(KEYS)\n${main}\nend`;
    return `do\n${own}\nredis.register_function{ function_name = "${functionOf(each)}", flags = { ${flagList} }, callback = ${callback} }\nend\n`;
  });
  return { name, text: `#!lua name=${name}\n${shared}\n${registrations.join("")}`, functionOf };
}

function read(name: string): string {
  return readFileSync(new URL(`${name}.lua`, folder), "utf8");
}
