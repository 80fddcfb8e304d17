import type { Client } from "@llm-router/client";
import type { GatewayConfig } from "@llm-router/contracts";
import { Router } from "express";
import helmet from "helmet";
import type { KeyRing } from "../keys/key-ring.ts";
import { boardAccess, loginRoutes } from "./access.ts";
import { createBoard } from "./board.ts";

const basePath = "/board";

/** Scripts and styles of its own only; over plain HTTP, too, where helmet's default would ask for HTTPS. */
const contentSecurityPolicy = {
  useDefaults: false,
  directives: {
    defaultSrc: ["'self'"],
    styleSrc: ["'self'", "'unsafe-inline'"],
    imgSrc: ["'self'", "data:"],
    objectSrc: ["'none'"],
    baseUri: ["'self'"],
    formAction: ["'self'"],
    frameAncestors: ["'none'"],
  },
};

/** With none at all, a form of its own would come from the origin "null". */
const referrerPolicy = { policy: "same-origin" } as const;

/** Bull Board at /board, for admins. */
export function bullBoard({ client, keys, config }: { client: Client; keys: KeyRing; config: GatewayConfig }): Router {
  const { router: board, follow } = createBoard({ client, basePath, showPrompts: config.board.showPrompts });
  const router = Router();
  router.use(basePath, helmet({ contentSecurityPolicy, referrerPolicy }), loginRoutes(keys), boardAccess(keys), follow, board);
  return router;
}
