import { uuidv7 } from "@llm-router/contracts";
import type { RequestHandler } from "express";

/** Gives each HTTP request an id; a job's id takes its place as soon as there is one. */
export const requestId: RequestHandler = (request, response, next) => {
  request.id = `req_${uuidv7()}`;
  response.setHeader("x-request-id", request.id);
  next();
};
