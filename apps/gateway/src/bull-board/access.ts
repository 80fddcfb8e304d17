import type { IncomingMessage } from "node:http";
import { RouterError } from "@llm-router/contracts";
import express, { type RequestHandler, Router } from "express";
import { callerOf } from "../authenticate.ts";
import { assertLocal, assertSameOrigin } from "../host-check.ts";
import type { KeyRing } from "../keys/key-ring.ts";
import { shownKey } from "../keys/shown-key.ts";
import { loginPage } from "./login-page.ts";
import { newSession, sessionKey, sessionMs } from "./session.ts";

const cookieName = "llmr_board";

/** Lets admins pass: by their key, or by a cookie that a browser gets for it. Without keys: everybody on this machine. */
export function boardAccess(keys: KeyRing): RequestHandler {
  return async (http, response, next) => {
    if (await keys.isOpen()) {
      assertLocal(http);
      http.caller = { tenant: undefined, admin: true, seesAll: true };
      next();
      return;
    }
    const shown = shownKey(http.headers);
    const session = cookieOf(http);
    const key = shown !== undefined ? await keys.find(shown) : session === undefined ? undefined : await sessionKey(keys, session);
    if (!key?.admin) {
      if (shown === undefined && http.method === "GET" && http.accepts(["json", "html"]) === "html") {
        response.redirect(303, `${http.baseUrl}/login`);
        return;
      }
      throw new RouterError(key ? "FORBIDDEN" : "UNAUTHORIZED", "The board needs an admin key.");
    }
    assertSameOrigin(http);
    http.caller = callerOf(key);
    next();
  };
}

/** GET and POST /login, POST /logout. */
export function loginRoutes(keys: KeyRing): Router {
  const router = Router();
  router.get("/login", (_http, response) => {
    response.type("html").send(loginPage());
  });
  router.post("/login", express.urlencoded({ extended: false, limit: "4kb" }), async (http, response) => {
    assertSameOrigin(http);
    const { key: shown } = (http.body ?? {}) as { key?: unknown };
    const key = typeof shown === "string" ? await keys.find(shown.trim()) : undefined;
    if (!key?.admin) {
      response.status(401).type("html").send(loginPage("That is no admin key."));
      return;
    }
    response.cookie(cookieName, newSession(key), {
      httpOnly: true,
      sameSite: "strict",
      secure: http.secure,
      path: http.baseUrl,
      maxAge: sessionMs,
    });
    response.redirect(303, `${http.baseUrl}/`);
  });
  router.post("/logout", (http, response) => {
    assertSameOrigin(http);
    response.clearCookie(cookieName, { path: http.baseUrl });
    response.redirect(303, `${http.baseUrl}/login`);
  });
  return router;
}

function cookieOf({ headers: { cookie = "" } }: IncomingMessage): string | undefined {
  const found = cookie.split(/; */).find((part) => part.startsWith(`${cookieName}=`));
  return found === undefined ? undefined : decodeURIComponent(found.slice(cookieName.length + 1));
}
