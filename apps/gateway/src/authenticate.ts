import type { RequestHandler } from "express";
import { RouterError } from "@llm-router/contracts";

/** Without keys everybody on this machine may do everything; `x-tenant` says for whom. */
export function authenticate(): RequestHandler {
  return (request, _response, next) => {
    const tenant = request.get("x-tenant");
    if (tenant !== undefined && (tenant === "" || tenant.length > 128)) {
      throw new RouterError("INVALID_REQUEST", "x-tenant: must be 1 to 128 characters.");
    }
    request.caller = { tenant, admin: true };
    next();
  };
}
