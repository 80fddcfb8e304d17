import { Router } from "express";
import { requireAdmin } from "../authenticate.ts";
import type { Ports } from "../ports.ts";
import { sendJson } from "../send.ts";

/** What an operator looks at. */
export function adminRoutes({ client }: Ports): Router {
  const router = Router();
  router.use("/v1/admin", requireAdmin);
  router.get("/v1/admin/stats", async (_request, response) => {
    sendJson(response, 200, { ...(await client.getStats()), semanticCache: client.cache.semanticState() });
  });
  router.get("/v1/admin/models", async (_request, response) => {
    sendJson(response, 200, { models: await client.getModelStatus() });
  });
  router.get("/v1/admin/workers", async (_request, response) => {
    sendJson(response, 200, { workers: await client.getWorkers() });
  });
  return router;
}
