import { Router } from "express";
import type { Ports } from "../ports.ts";

/** OpenAI's API: /v1/chat/completions and /v1/models. */
export function openaiRoutes(_ports: Ports): Router {
  const router = Router();
  return router;
}
