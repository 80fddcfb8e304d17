import type { Client } from "@llm-router/client";
import type { GatewayConfig } from "@llm-router/contracts";
import { type RequestHandler, Router } from "express";
import helmet from "helmet";
import type { KeyRing } from "../keys/key-ring.ts";
import { boardAccess, loginRoutes } from "./access.ts";

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
  const { showPrompts } = config.board;
  let opening: Promise<RequestHandler> | undefined;
  // Its code is loaded when somebody looks: most gateways never show it.
  const board: RequestHandler = async (http, response, next) => {
    opening ??= import("./board.ts").then(({ createBoard }) => createBoard({ client, basePath, showPrompts }));
    await (
      await opening
    )(http, response, next);
  };
  const router = Router();
  router.use(basePath, helmet({ contentSecurityPolicy, referrerPolicy }), loginRoutes(keys), boardAccess(keys), board);
  return router;
}
