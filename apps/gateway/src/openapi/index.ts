import { Router } from "express";
import { sendJson } from "../send.ts";
import { openApiDocument } from "./document.ts";

/** GET /openapi.json, for everybody: it says nothing of this namespace. */
export function openApiRoute(): Router {
  let document: object | undefined;
  const router = Router();
  router.get("/openapi.json", (_request, response) => {
    document ??= openApiDocument();
    sendJson(response, 200, document);
  });
  return router;
}
