import type { IncomingMessage, ServerResponse } from "node:http";
import type { CallLog } from "./call-log.ts";
import { ControlError, type ControlPatch, parseControl } from "./control.ts";
import type { ControlView } from "./behaviour.ts";
import { readBody, sendJson } from "./http.ts";

export interface ControlRoutesPorts {
  log: CallLog;
  view: () => ControlView;
  /** Applies a patch; the port itself opens or closes with the returned function, which is called after the answer. */
  apply: (patch: ControlPatch) => () => Promise<void>;
  /** Whether these routes stay reachable when the model port refuses. */
  ownPort: boolean;
}

/** Serves `/control`, `/calls` and `/stats`. Returns false for any other path. */
export function serveControl(request: IncomingMessage, response: ServerResponse, path: string, ports: ControlRoutesPorts): boolean {
  switch (`${request.method} ${path}`) {
    case "GET /control":
      sendJson(response, 200, ports.view());
      return true;
    case "POST /control":
      readBody(request, (body) => postControl(response, body, ports));
      return true;
    case "GET /calls":
      sendJson(response, 200, ports.log.calls());
      return true;
    case "DELETE /calls":
      ports.log.reset();
      response.writeHead(204).end();
      return true;
    case "GET /stats":
      sendJson(response, 200, ports.log.stats());
      return true;
    default:
      return false;
  }
}

function postControl(response: ServerResponse, body: string, ports: ControlRoutesPorts): void {
  let patch: ControlPatch;
  try {
    patch = parseControl(parseJson(body));
    if (patch.outage?.mode === "refuse" && patch.outage.forMs === undefined && !ports.ownPort) {
      throw new ControlError("control: outage: refuse closes this very port; give forMs, or start with a control port and post there");
    }
  } catch (error) {
    if (!(error instanceof ControlError)) throw error;
    sendJson(response, 400, { error: error.message });
    return;
  }
  const settlePort = ports.apply(patch);
  if (ports.ownPort) {
    // Its caller may rely on the port's state as soon as it is answered.
    settlePort().then(
      () => sendJson(response, 200, ports.view()),
      (error: Error) => sendJson(response, 500, { error: error.message }),
    );
    return;
  }
  response.once("finish", () => void settlePort().catch((error: Error) => process.emitWarning(error)));
  sendJson(response, 200, ports.view());
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new ControlError("control: the body is not JSON");
  }
}
