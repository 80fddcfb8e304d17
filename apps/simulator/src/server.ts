import type { IncomingMessage, ServerResponse } from "node:http";
import { Behaviours, type ControlView } from "./behaviour.ts";
import { CallLog, type CallPredicate, type CallRecord, type Stats } from "./call-log.ts";
import { serveControl } from "./control-routes.ts";
import { type ControlInput, type ControlPatch, parseControl } from "./control.ts";
import { sendText } from "./http.ts";
import { Listener } from "./listener.ts";
import { serveModels } from "./model-routes.ts";

/** How the simulator starts; everything but the first four can be changed later through `control`. */
export interface SimulatorOptions extends Omit<ControlInput, "reset"> {
  /** Default 0: a free one. */
  port?: number;
  /** Default 127.0.0.1. */
  host?: string;
  /** A second port for `/control`, `/calls` and `/stats` that an outage never closes (default: none; 0: a free one). */
  controlPort?: number;
  /** Calls that the log remembers (default 100,000); the counts go on. */
  keepCalls?: number;
}

export interface Simulator extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly controlUrl: string | undefined;
  /**
   * Changes the behaviour of calls that arrive from now on; resolves once the port is as the outage wants it.
   * @throws {ControlError} for a field that is not known or out of range.
   */
  control(patch: ControlInput): Promise<ControlView>;
  calls(): CallRecord[];
  readonly stats: Stats;
  resetCalls(): void;
  /** The first call, past or to come, that matches; the predicate is asked again whenever a call changes (received, started, token sent, ended). Rejects after `timeoutMs` (default 10 s). */
  waitForCall(predicate: CallPredicate, options?: { timeoutMs?: number }): Promise<CallRecord>;
  close(): Promise<void>;
}

/**
 * Starts a model server that answers in Ollama's and OpenAI's formats, and fails on command.
 * @throws {ControlError} for options out of range; the system's error when the port is taken.
 */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const { port = 0, host = "127.0.0.1", controlPort, keepCalls = 100_000, ...behaviour } = options;
  const behaviours = new Behaviours(parseControl(behaviour));
  const log = new CallLog(keepCalls);
  let cutting = false;
  let closed = false;
  let reopen: NodeJS.Timeout | undefined;

  const settlePort = async (): Promise<void> => {
    if (closed) return;
    const refusing = behaviours.refusing;
    cutting = refusing !== null;
    await models.set(refusing === null ? "open" : "closed");
    if (refusing?.forMs === undefined || behaviours.refusing !== refusing) return;
    reopen = setTimeout(() => void apply({ outage: null })().catch((error: Error) => process.emitWarning(error)), refusing.forMs);
  };
  const apply = (patch: ControlPatch): (() => Promise<void>) => {
    behaviours.apply(patch);
    if (patch.outage !== undefined || patch.reset === true) clearTimeout(reopen);
    return settlePort;
  };
  const controlPorts = { log, view: () => behaviours.view(), apply };
  const onModelRequest = (request: IncomingMessage, response: ServerResponse) => {
    const path = pathOf(request);
    if (serveControl(request, response, path, { ...controlPorts, ownPort: false })) return;
    serveModels(request, response, path, { behaviours, log, isCutting: () => cutting });
  };
  const onControlRequest = (request: IncomingMessage, response: ServerResponse) => {
    if (!serveControl(request, response, pathOf(request), { ...controlPorts, ownPort: true }))
      sendText(response, 404, "404 page not found");
  };

  const models = new Listener({ host, port, onRequest: onModelRequest });
  const controls = controlPort === undefined ? undefined : new Listener({ host, port: controlPort, onRequest: onControlRequest });
  const close = async (): Promise<void> => {
    clearTimeout(reopen);
    closed = true;
    cutting = true;
    await Promise.all([models.set("closed"), controls?.set("closed")]);
    log.close();
  };
  await models.set("open");
  await controls?.set("open");
  await settlePort();

  return {
    get url() {
      return models.url;
    },
    get port() {
      return models.port;
    },
    get controlUrl() {
      return controls?.url;
    },
    control: async (patch) => {
      await apply(parseControl(patch))();
      return behaviours.view();
    },
    calls: () => log.calls(),
    get stats() {
      return log.stats();
    },
    resetCalls: () => log.reset(),
    waitForCall: (predicate, { timeoutMs = 10_000 } = {}) => log.waitFor(predicate, timeoutMs),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function pathOf(request: IncomingMessage): string {
  const url = request.url ?? "/";
  const query = url.indexOf("?");
  return query < 0 ? url : url.slice(0, query);
}
