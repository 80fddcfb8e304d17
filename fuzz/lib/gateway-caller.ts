import { setTimeout as delay } from "node:timers/promises";
import { type Event, RouterError } from "@llm-router/contracts";
import { type Answer, GatewayDoor } from "./gateway-door.ts";
import { errorOf, isAway, outcomeOfAnswer, outcomeOfView } from "./gateway-outcome.ts";
import { askUntilKnown, pauseMs, submit, tenantOf, unknownTries } from "./gateway-retries.ts";
import type { PlannedRequest } from "./load.ts";
import type { Observer } from "./observations.ts";

export interface GatewayCallerOptions {
  observer: Observer;
  ports: readonly number[];
  /** It was accepted under this id; `via`: by this gateway. */
  accepted: (planned: PlannedRequest, id: string, via: string) => void;
  /** What was submitted came to nothing that its caller knows of. Returns false. */
  refused: (n: string, code: string) => false;
}

/** Between two looks at a job, ms. */
const lookEveryMs = 150;
const endings = new Set<string>(["completed", "failed", "cancelled", "expired"]);

/** Sends requests to the gateways over HTTP, and goes to the other one when a connection breaks. */
export class GatewayCaller {
  readonly #options: GatewayCallerOptions;
  readonly #door: GatewayDoor;

  constructor(options: GatewayCallerOptions) {
    this.#options = options;
    this.#door = new GatewayDoor(options.ports);
  }

  /** Returns whether it was accepted. */
  async play(planned: PlannedRequest): Promise<boolean> {
    return planned.call === "http-plain" ? this.#plain(planned) : this.#job(planned);
  }

  /** Cancels any request by its id, and looks at what became of it. */
  async cancel(id: string, gateway: number): Promise<void> {
    const { observer } = this.#options;
    const settled = observer.open("delete", id);
    try {
      const { answer, asked } = await askUntilKnown(this.#door, { gateway, path: `/v1/jobs/${id}`, method: "DELETE" });
      if (answer.status !== 200) return observer.gaveUp(id, "delete", known(answer), asked);
      await this.#outcome({
        id,
        r: "delete",
        gateway: gateway + 1,
        headers: {},
        asked: new Set(asked),
        state: String(answer.body["state"]),
      });
    } finally {
      settled();
    }
  }

  /** Reads every event of a request that somebody else submitted. */
  async attach(id: string, gateway: number): Promise<void> {
    await this.#follow(id, "attach", { gateway, headers: {} });
  }

  /** Returns the gateways that were asked. Reads every event of a job, at the other gateway from the last one on when the connection breaks, or is cut after so many events. */
  async #follow(
    id: string,
    r: string,
    from: { gateway: number; headers: Record<string, string>; cutAfter?: number | undefined },
  ): Promise<Set<string>> {
    const { observer } = this.#options;
    const reader = observer.reader(r, id);
    let { gateway } = from;
    let cutAfter = from.cutAfter ?? Number.POSITIVE_INFINITY;
    let last: Pick<Event, "seq" | "type"> = { seq: 0, type: "queued" };
    const asked = new Set<string>();
    const giveUp = (error: Error): Set<string> => {
      observer.gaveUp(id, reader.name, error, [...asked]);
      return asked;
    };
    try {
      for (let unknown = 0; ; gateway++) {
        asked.add(this.#door.nameOf(gateway));
        const end = await this.#door.readEvents({ gateway, headers: from.headers }, id, last.seq, (event) => {
          reader.saw(event);
          last = event;
          return --cutAfter > 0;
        });
        if (cutAfter <= 0) cutAfter = Number.POSITIVE_INFINITY;
        if (end.how === "left" || endings.has(last.type)) return asked;
        if (end.how === "ended") return giveUp(new Error(`The events ended as if they were whole, with ${last.type} ${last.seq}.`));
        if (end.how === "error") {
          if (errorOf(end.answer).code === "UNKNOWN_REQUEST" ? ++unknown > unknownTries : !isAway(end.answer))
            return giveUp(known(end.answer));
        }
        await delay(pauseMs);
      }
    } finally {
      reader.close();
    }
  }

  async #plain(planned: PlannedRequest): Promise<boolean> {
    const { observer, accepted, refused } = this.#options;
    const { n } = planned;
    const waiting = observer.open(n);
    try {
      const submitted = await submit(this.#door, planned, "/generate");
      if (!submitted) return refused(n, "CONNECTION");
      const { answer, asked } = submitted;
      const outcome = outcomeOfAnswer(answer);
      if (!outcome) return refused(n, codeOf(answer));
      accepted(planned, outcome.id, asked.at(-1) ?? "");
      observer.note(outcome.id, n, outcome, asked);
      return true;
    } finally {
      waiting();
    }
  }

  async #job(planned: PlannedRequest): Promise<boolean> {
    const { accepted, refused, observer } = this.#options;
    const { n, call, gateway = 0, request, cutAfter } = planned;
    const submitted = await submit(this.#door, planned, "/v1/jobs");
    if (!submitted) return refused(n, "CONNECTION");
    const { answer, asked } = submitted;
    if (answer.status !== 202) return refused(n, codeOf(answer));
    const id = String(answer.body["id"]);
    accepted(planned, id, asked.at(-1) ?? "");
    const headers = tenantOf(request);
    const settled = observer.open(n, id);
    try {
      const readFrom = call === "http-events" ? await this.#follow(id, n, { gateway, headers, cutAfter }) : new Set<string>();
      await this.#outcome({ id, r: n, gateway: gateway + 1, headers, asked: readFrom });
    } finally {
      settled();
    }
    return true;
  }

  /** Looks at a job until it has ended. `state`: how it is said to have ended. */
  async #outcome(of: {
    id: string;
    r: string;
    gateway: number;
    headers: Record<string, string>;
    asked: Set<string>;
    state?: string;
  }): Promise<void> {
    const { id, r, headers, asked, state } = of;
    const { observer } = this.#options;
    for (let { gateway } = of; ; gateway++) {
      const found = await askUntilKnown(this.#door, { gateway, path: `/v1/jobs/${id}`, headers });
      for (const name of found.asked) asked.add(name);
      const { answer } = found;
      if (answer.status !== 200) return observer.gaveUp(id, r, known(answer), [...asked]);
      const outcome = outcomeOfView(answer);
      if (outcome && state !== undefined && state !== outcome.state) {
        return observer.gaveUp(id, r, new Error(`It is ${outcome.state}; the answer to its cancellation said ${state}.`), [...asked]);
      }
      if (outcome) return observer.note(id, r, outcome, [...asked]);
      await delay(lookEveryMs);
    }
  }
}

/** What a gateway says of a failure of its own tells nobody what to do, so its words are kept. */
function codeOf(answer: Answer): string {
  const { code, message } = errorOf(answer);
  return code === "INTERNAL" ? `${code} ${message}` : code;
}

function known(answer: Answer): RouterError {
  const { code, message } = errorOf(answer);
  return new RouterError(code, message);
}
