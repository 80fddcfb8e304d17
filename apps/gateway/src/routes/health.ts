import { Router } from "express";
import type { Ports } from "../ports.ts";
import { sendJson } from "../send.ts";

/** /healthz: the process lives. /readyz: it can take requests. */
export function healthRoutes({ client, closing }: Ports): Router {
  const router = Router();
  router.get("/healthz", (_request, response) => {
    sendJson(response, 200, { status: "ok" });
  });
  router.get("/readyz", async (_request, response) => {
    const reason = closing.aborted ? "it is shutting down" : await whyNot(client);
    sendJson(response, reason === undefined ? 200 : 503, { ready: reason === undefined, ...(reason !== undefined && { reason }) });
  });
  return router;
}

async function whyNot(client: Ports["client"]): Promise<string | undefined> {
  try {
    await client.connect();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
