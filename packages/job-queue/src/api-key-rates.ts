import { redisError } from "./redis.ts";
import type { QueueContext } from "./scripts.ts";

export interface RateLimits {
  /** Requests and tokens per minute; undefined: no limit. */
  rpm?: number | undefined;
  tpm?: number | undefined;
}

/**
 * Takes a request's place under the rates of a key, exactly over all gateways: a sliding window of 61 s on Redis's clock.
 * @param use Its own name, for {@link settleRate}, and the tokens to reserve.
 * @returns 0, or in how many ms there will be a place; then nothing was taken.
 */
export async function takeRate(
  context: QueueContext,
  id: string,
  { rpm, tpm }: RateLimits,
  use: { member: string; tokens: number },
): Promise<number> {
  return Number(
    await context.run("take-rate", [id, rpm ?? "", tpm ?? "", use.member, use.tokens]).catch((error: unknown) => {
      throw redisError(error, "counting the API key's rate");
    }),
  );
}

/** The reservation becomes what was really used. */
export async function settleRate(context: QueueContext, id: string, use: { member: string; tokens: number }): Promise<void> {
  await context.run("settle-rate", [id, use.member, use.tokens]).catch((error: unknown) => {
    throw redisError(error, "settling the API key's tokens");
  });
}
