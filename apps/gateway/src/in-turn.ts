import type { RequestHandler } from "express";

/** Requests that begin in one turn of the event loop at most. */
const mostAtOnce = 6;

/**
 * Lets a few requests begin in each turn of the event loop, and those under way go on between them: all of a burst would else be read
 * before the first of it has an answer. What these few send to Redis leaves in one write.
 */
export function inTurn(): RequestHandler {
  const waiting: (() => void)[] = [];
  let begun = 0;

  const nextTurn = (): void => {
    const some = waiting.splice(0, mostAtOnce);
    begun = some.length;
    if (begun > 0) setImmediate(nextTurn);
    for (const begin of some) begin();
  };

  return (request, _response, next) => {
    if (begun === 0) setImmediate(nextTurn);
    if (begun < mostAtOnce && waiting.length === 0) {
      begun += 1;
      next();
      return;
    }
    waiting.push(() => {
      // Who left meanwhile has sent nothing that can be read.
      if (!request.destroyed) next();
    });
  };
}
