import { parseArgs } from "node:util";
import { type ControlInput, ControlError } from "./control.ts";
import { type SimulatorOptions, startSimulator } from "./server.ts";

const usage = `Usage: node apps/simulator/src/main.ts [options]
  --port N               port (default 0: a free one)
  --host ADDRESS         address (default 127.0.0.1)
  --control-port N       second port for /control, /calls and /stats that an outage never closes
  --models a,b           the models that exist (default: any name)
  --latency-ms N         before the first token (default 0)
  --tokens-per-second N  0: all at once (default 0)
  --tokens N             length of an answer (default 8)
  --slots N              calls that run at once per model (default 0: no limit)
  --rpm N                calls per 60 s per model (default 0: no limit)
  --error-rate N         share of calls that fail, 0 to 1 (default 0)
  --seed N               of the random errors (default 1)
  --control JSON         anything that POST /control takes`;

function readOptions(args: string[]): SimulatorOptions | "help" {
  const text = { type: "string" } as const;
  const { values } = parseArgs({
    args,
    options: {
      port: text,
      host: text,
      "control-port": text,
      models: text,
      "latency-ms": text,
      "tokens-per-second": text,
      tokens: text,
      slots: text,
      rpm: text,
      "error-rate": text,
      seed: text,
      control: text,
      help: { type: "boolean" },
    },
  });
  if (values.help === true) return "help";
  const number = (name: Exclude<keyof typeof values, "help">, key: keyof SimulatorOptions) => {
    const value = values[name];
    if (value === undefined) return {};
    if (value.trim() === "" || !Number.isFinite(Number(value)))
      throw new ControlError(`--${name}: ${JSON.stringify(value)} is not a number`);
    return { [key]: Number(value) };
  };
  return {
    ...(values.control === undefined ? {} : parseControlFlag(values.control)),
    ...(values.host === undefined ? {} : { host: values.host }),
    ...(values.models === undefined ? {} : { models: values.models.split(",").map((name) => name.trim()) }),
    ...number("port", "port"),
    ...number("control-port", "controlPort"),
    ...number("latency-ms", "latencyMs"),
    ...number("tokens-per-second", "tokensPerSecond"),
    ...number("tokens", "tokens"),
    ...number("slots", "slots"),
    ...number("rpm", "rpm"),
    ...number("error-rate", "errorRate"),
    ...number("seed", "seed"),
  };
}

/** Only parsed here; startSimulator checks the fields. */
function parseControlFlag(text: string): ControlInput {
  try {
    return JSON.parse(text) as ControlInput;
  } catch {
    throw new ControlError("--control: is not JSON");
  }
}

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (options === "help") return console.log(usage);
  const simulator = await startSimulator(options);
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void simulator.close());
  if (simulator.controlUrl !== undefined) console.log(`simulator control on ${simulator.controlUrl}`);
  console.log(`simulator listening on ${simulator.url}`);
}

try {
  await main();
} catch (error) {
  console.error(`simulator: ${(error as Error).message}`);
  process.exitCode = 1;
}
