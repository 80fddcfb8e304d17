import { Redis } from "ioredis";
import type { SampleLine, TransitionLine } from "./history.ts";
import { writeFinalState } from "./final-state.ts";
import type { LogFile } from "./log-file.ts";

const sampleEveryMs = 20;
const transitionsEveryMs = 2_000;

/** KEYS: the namespace's hash tag. Depth, bound, active and concurrency of every model, how many requests are open, and the time, at one moment. */
const sampleScript = `
local p, t = KEYS[1], redis.call("TIME")
local out = { t[1] * 1000 + math.floor(t[2] / 1000), redis.call("ZCARD", p .. ":deadlines") }
for _, m in ipairs(redis.call("SMEMBERS", p .. ":models")) do
  local q, limits = p .. ":model-" .. m .. ":", redis.call("HMGET", p .. ":m:" .. m, "max", "conc")
  local active = redis.call("LLEN", q .. "active")
  local depth = redis.call("LLEN", q .. "wait") + redis.call("ZCARD", q .. "prioritized") + redis.call("ZCARD", q .. "delayed") + active
  for _, value in ipairs({ m, depth, tonumber(limits[1] or 0), active, tonumber(limits[2] or 0) }) do out[#out + 1] = value end
end
return out`;

/** Looks into Redis through a connection of its own, which no fault touches but Redis's own death. */
export class RedisWatch {
  readonly #redis: Redis;
  readonly #prefix: string;
  readonly #log: LogFile;
  readonly #timers: NodeJS.Timeout[] = [];
  #open = 0;
  #lastSample = "";
  #transitions: TransitionLine[] = [];

  constructor(url: string, namespace: string, log: LogFile) {
    this.#redis = new Redis(url, { maxRetriesPerRequest: null, retryStrategy: () => 20 });
    // Redis dies as part of the run; commands wait until it is back.
    this.#redis.on("error", () => undefined);
    this.#prefix = `{${namespace}}`;
    this.#log = log;
  }

  /** Requests without an outcome, a moment ago. */
  get open(): number {
    return this.#open;
  }

  start(): void {
    this.#every(sampleEveryMs, () => this.#sample());
    this.#every(transitionsEveryMs, () => this.#readTransitions());
  }

  /** Requests without an outcome, now. */
  async openNow(): Promise<number> {
    await this.#sample();
    return this.#open;
  }

  /** Requests that a worker has in hand, now. */
  async activeIds(): Promise<string[]> {
    const models = await this.#redis.smembers(`${this.#prefix}:models`);
    const lists = await Promise.all(models.map((model) => this.#redis.lrange(`${this.#prefix}:model-${model}:active`, 0, -1)));
    return lists.flat();
  }

  #every(ms: number, work: () => Promise<void>): void {
    let busy = false;
    const tick = async (): Promise<void> => {
      if (busy) return;
      busy = true;
      // Redis may be away: the next look tells.
      await work().catch(() => undefined);
      busy = false;
    };
    this.#timers.push(setInterval(() => void tick(), ms));
  }

  async #sample(): Promise<void> {
    const [at, open, ...rest] = (await this.#redis.eval(sampleScript, 1, this.#prefix)) as [number, number, ...(string | number)[]];
    this.#open = open;
    const models: SampleLine["models"] = {};
    for (let i = 0; i + 4 < rest.length; i += 5) {
      models[String(rest[i])] = [Number(rest[i + 1]), Number(rest[i + 2]), Number(rest[i + 3]), Number(rest[i + 4])];
    }
    const text = JSON.stringify(models);
    if (text === this.#lastSample) return;
    this.#lastSample = text;
    this.#log.write({ k: "sample", at, open, models });
  }

  /** The breakers' changes. What Redis says now replaces what it said before from its first entry on: a Redis that was killed may have lost some. */
  async #readTransitions(): Promise<void> {
    const entries = await this.#redis.xrange(`${this.#prefix}:breakers`, "-", "+");
    const now = entries.map(([entry, fields]): TransitionLine => {
      const map = new Map(Array.from({ length: fields.length / 2 }, (_, i) => [fields[2 * i] ?? "", fields[2 * i + 1] ?? ""]));
      return {
        k: "breaker",
        entry,
        model: map.get("model") ?? "",
        state: map.get("state") as TransitionLine["state"],
        at: Number(map.get("at")),
      };
    });
    const first = now[0];
    this.#transitions = [...(first ? this.#transitions.filter(({ entry }) => before(entry, first.entry)) : []), ...now];
  }

  /** Writes down what Redis holds at the end. */
  async finish(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await this.#sample();
    await this.#readTransitions();
    for (const transition of this.#transitions) this.#log.write(transition);
    await writeFinalState(this.#redis, this.#prefix, this.#log);
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#redis.disconnect();
  }
}

/** Of two ids of stream entries. */
function before(a: string, b: string): boolean {
  const [aMs = 0, aSeq = 0] = a.split("-").map(Number);
  const [bMs = 0, bSeq = 0] = b.split("-").map(Number);
  return aMs < bMs || (aMs === bMs && aSeq < bSeq);
}
