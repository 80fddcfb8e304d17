import { Router } from "express";
import type { Ports } from "../ports.ts";

/** Ollama's API. */
export function ollamaRoutes(_ports: Ports): Router {
  const router = Router();
  return router;
}
