import { Router } from "express";
import type { Ports } from "../ports.ts";

/** Jobs: submit, look, follow, cancel. */
export function jobRoutes(_ports: Ports): Router {
  const router = Router();
  return router;
}
