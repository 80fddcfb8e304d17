import type { ApiKey } from "@llm-router/contracts";

/** Who sent a request. `authenticate` puts it on the request; every route reads it from there. */
export interface Caller {
  /** Whose requests these are. Undefined: nobody's in particular. */
  tenant: string | undefined;
  /** May use the admin routes. */
  admin: boolean;
  /** An admin who named no tenant sees everybody's requests. */
  seesAll: boolean;
  /** The API key that was shown, where keys are in use: its hash and what it may do. */
  key?: ApiKey;
}

declare global {
  // Express looks for what is added to its requests in this namespace.
  // oxlint-disable-next-line typescript/no-namespace -- types only; there is no other way to say it
  namespace Express {
    interface Request {
      /** The id that the answer carries as x-request-id: the HTTP request's own, and the job's as soon as there is one. */
      id: string;
      caller: Caller;
    }
  }
}

/** Whether a caller may know that a request of this tenant exists. */
export function maySee(caller: Caller, tenant: string): boolean {
  return caller.seesAll || caller.tenant === tenant;
}

/** Whether a caller's key may use this model. `auto` is none by itself. */
export function mayUse({ key }: Caller, model: string): boolean {
  return key?.models === undefined || model === "auto" || key.models.includes(model);
}
