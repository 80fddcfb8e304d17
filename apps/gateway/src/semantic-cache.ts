import type { Client } from "@llm-router/client";
import type { SemanticTier } from "@llm-router/dispatcher";
import type { Logger } from "@llm-router/service-kit";

export interface FollowCacheOptions {
  client: Client;
  tier: SemanticTier;
  logger: Logger;
}

const lookEveryMs = 1_000;

/**
 * Opens the semantic cache that the namespace's configuration describes, now and whenever that changes. A gateway may start
 * before any worker has defined one. Resolves when the first look is done; what it returns ends the looking.
 */
export async function followCacheConfig({ client, tier, logger }: FollowCacheOptions): Promise<() => void> {
  let known: string | undefined;
  const look = async () => {
    // Read again by each submission that finds it changed.
    const cache = client.knownConfig?.cache;
    const definition = JSON.stringify(cache);
    if (!cache || definition === known) return;
    known = definition;
    await tier.use(cache, cache.semantic === true).catch((error: unknown) => {
      logger.warn({ err: error }, "the semantic cache is off, only equal questions are answered from the cache");
    });
  };
  await client.getConfig().catch(() => undefined); // without one there is nothing to open yet
  await look();
  let looking: Promise<void> | undefined;
  const timer = setInterval(() => {
    looking ??= look().finally(() => {
      looking = undefined;
    });
  }, lookEveryMs).unref();
  return () => clearInterval(timer);
}
