import { createBullBoard } from "@bull-board/api";
import { ExpressAdapter } from "@bull-board/express";
import type { Client } from "@llm-router/client";
import { ModelQueue } from "@llm-router/job-queue";
import { type Express, type RequestHandler, Router } from "express";
import { BoardQueue } from "./board-queue.ts";

/** How old the list of models may be, ms. */
const freshMs = 1_000;

export interface BoardOptions {
  client: Client;
  /** Where it is mounted. */
  basePath: string;
  showPrompts: boolean;
}

/** Bull Board with the queue of every model. The list follows the namespace: it is read anew when somebody looks. */
export function createBoard({ client, basePath, showPrompts }: BoardOptions): Router {
  const adapter = new ExpressAdapter().setBasePath(basePath);
  const board = createBullBoard({
    queues: [],
    serverAdapter: adapter,
    options: {
      uiConfig: { boardTitle: "llm-router", hideDocsLink: true, showWorkers: false, showMetrics: false },
    },
  });
  const queues = new Map<string, BoardQueue>();
  let freshUntil = 0;
  const read = async (): Promise<void> => {
    const models = new Set((await client.getConfig()).models.keys());
    for (const [name, queue] of queues) {
      if (models.has(name)) continue;
      board.removeQueue(queue);
      queues.delete(name);
      await queue.queue.close();
    }
    for (const name of models) {
      if (queues.has(name)) continue;
      const queue = new BoardQueue({ client, queue: new ModelQueue(await client.queueContext(), name), showPrompts });
      queues.set(name, queue);
      board.addQueue(queue);
    }
    freshUntil = performance.now() + freshMs;
  };
  let reading: Promise<void> | undefined;
  const follow: RequestHandler = async (_request, _response, next) => {
    if (performance.now() >= freshUntil) {
      reading ??= read().finally(() => (reading = undefined));
      await reading;
    }
    next();
  };
  const app = adapter.getRouter() as Express;
  app.disable("x-powered-by");
  return Router().use(follow, app);
}
