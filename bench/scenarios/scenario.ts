import type { Result } from "@llm-router/client";
import type { CallRecord } from "@llm-router/simulator";
import { eventually, type TestRedis } from "@llm-router/testkit/processes";

/** Where a scenario plays: a Redis, and a namespace in it that is its own. */
export type Stage = Pick<TestRedis, "url" | "namespace" | "admin">;

/** Waits until something is so. */
export function until(condition: () => boolean | Promise<boolean>, what: string, timeoutMs = 20_000): Promise<void> {
  return eventually(
    async () => {
      if (!(await condition())) throw new Error(`not within ${timeoutMs} ms: ${what}`);
    },
    { timeoutMs },
  );
}

/** How many of the answers are those to their own prompt, `[[<prefix><n>]]`. */
export function answeredRight(results: readonly Pick<Result, "content">[], prefix: string): number {
  return results.filter(({ content }, n) => content.includes(`[[${prefix}${n}]]`)).length;
}

/** Calls beyond the first one of each prompt that was answered before: what was paid for again although it had ended well. */
export function calledAgain(calls: readonly CallRecord[]): number {
  const ended = new Map<string, number>();
  let again = 0;
  for (const { marker, receivedAt, endedAt, outcome } of calls.toSorted((a, b) => a.receivedAt - b.receivedAt)) {
    if ((ended.get(marker) ?? Number.POSITIVE_INFINITY) < receivedAt) again += 1;
    if (outcome === "completed" && endedAt !== null && !ended.has(marker)) ended.set(marker, endedAt);
  }
  return again;
}

/** Every change of a breaker, with its time in ms since the epoch, on Redis's clock. */
export async function transitions({ admin, namespace }: Stage): Promise<{ model: string; state: string; at: number }[]> {
  const entries = await admin.xrange(`{${namespace}}:breakers`, "-", "+");
  return entries.map(([, fields]) => {
    const map = new Map(Array.from({ length: fields.length / 2 }, (_, i) => [fields[2 * i] ?? "", fields[2 * i + 1] ?? ""]));
    return { model: map.get("model") ?? "", state: map.get("state") ?? "", at: Number(map.get("at")) };
  });
}

/** Looks at a model's depth, in one script after the other, until it is stopped. Gives the deepest that was seen. */
export function watchDepth({ admin, namespace }: Stage, model: string): { stop(): Promise<number> } {
  const script = `local q = KEYS[1]
    return redis.call("LLEN", q .. ":wait") + redis.call("ZCARD", q .. ":prioritized") + redis.call("ZCARD", q .. ":delayed") + redis.call("LLEN", q .. ":active")`;
  const stopped = new AbortController();
  let deepest = 0;
  const loop = (async () => {
    while (!stopped.signal.aborted) deepest = Math.max(deepest, Number(await admin.eval(script, 1, `{${namespace}}:model-${model}`)));
    return deepest;
  })();
  return {
    stop() {
      stopped.abort();
      return loop;
    },
  };
}

/** Neighbours of which the later one should have gone first. */
export function inversions(order: readonly (string | undefined)[], ranks: readonly string[]): number {
  return order.filter((name, i) => i > 0 && ranks.indexOf(name ?? "") < ranks.indexOf(order[i - 1] ?? "")).length;
}
