import { type ApiKey, RouterError } from "@llm-router/contracts";
import type { Request, RequestHandler } from "express";
import type { Caller } from "./caller.ts";
import { assertLocal } from "./host-check.ts";
import type { KeyRing } from "./keys/key-ring.ts";
import { shownKey } from "./keys/shown-key.ts";

/**
 * Finds out who sends a request: who shows a key is its tenant, an admin may name another one with `x-tenant`. Without keys
 * everybody on this machine may do everything.
 */
export function authenticate(keys: KeyRing): RequestHandler {
  return async (request, response, next) => {
    if (await keys.isOpen()) {
      assertLocal(request);
      const tenant = namedTenant(request);
      request.caller = { tenant, admin: true, seesAll: tenant === undefined };
    } else {
      const shown = shownKey(request.headers);
      const key = shown === undefined ? undefined : await keys.find(shown);
      if (!key) {
        response.setHeader("www-authenticate", "Bearer");
        throw new RouterError("UNAUTHORIZED", shown === undefined ? "This gateway needs an API key." : "There is no such API key.");
      }
      request.caller = callerOf(key, namedTenant(request));
    }
    next();
  };
}

/** Only admins pass. */
export const requireAdmin: RequestHandler = (request, _response, next) => {
  if (!request.caller.admin) throw new RouterError("FORBIDDEN", "This needs an admin key.");
  next();
};

export function callerOf(key: ApiKey, named?: string): Caller {
  if (named !== undefined && !key.admin) throw new RouterError("FORBIDDEN", "x-tenant: only an admin key may name a tenant.");
  return { tenant: named ?? key.tenant, admin: key.admin, seesAll: key.admin && named === undefined, key };
}

function namedTenant(request: Request): string | undefined {
  const tenant = request.get("x-tenant");
  if (tenant !== undefined && (tenant === "" || tenant.length > 128)) {
    throw new RouterError("INVALID_REQUEST", "x-tenant: must be 1 to 128 characters.");
  }
  return tenant;
}
