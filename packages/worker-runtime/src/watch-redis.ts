import type { QueueContext } from "@llm-router/job-queue";
import type { Logger } from "@llm-router/service-kit";

/** Says once when the connection is lost, and once when it is back. */
export function watchRedis(
  { redis }: QueueContext,
  { logger, isClosing, onBack }: { logger: Logger; isClosing: () => boolean; onBack: () => void },
): void {
  let isHere = true;
  redis.on("close", () => {
    if (isHere && !isClosing()) logger.warn("lost the connection to Redis; runs go on, and are finished when it is back");
    isHere = false;
  });
  redis.on("ready", () => {
    isHere = true;
    logger.info("Redis is back");
    onBack();
  });
}
