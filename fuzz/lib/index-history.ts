import type {
  AcceptedLine,
  CallLine,
  FaultLine,
  GaveUpLine,
  KeyLine,
  LagLine,
  Line,
  OutcomeLine,
  ProcessLine,
  RecordLine,
  RefusedLine,
  RunLine,
  SampleLine,
  SeenLine,
  SubmitLine,
  TransitionLine,
  WaitingLine,
} from "./history.ts";

/** A call of a model, from its arrival to its end. */
export interface Call {
  model: string;
  id: string | null;
  marker: string;
  at: number;
  /** Of a call that was never ended: when its simulator was killed, or the end of the run. */
  endAt: number;
  outcome: string;
}

/** A history, in order and easy to look things up in. */
export interface History {
  run: RunLine;
  faults: FaultLine[];
  processes: ProcessLine[];
  submits: Map<string, SubmitLine>;
  accepted: AcceptedLine[];
  refused: RefusedLine[];
  seen: Map<string, SeenLine[]>;
  outcomes: OutcomeLine[];
  gaveUp: GaveUpLine[];
  waiting: WaitingLine[];
  calls: Call[];
  samples: SampleLine[];
  lags: LagLine[];
  transitions: TransitionLine[];
  records: Map<string, RecordLine>;
  stats: Record<string, string>;
  keys: KeyLine[];
}

/** @throws Error for a file that is no whole history. */
export function indexHistory(lines: readonly Line[]): History {
  const of = <K extends Line["k"]>(kind: K): Extract<Line, { k: K }>[] =>
    lines.filter((line): line is Extract<Line, { k: K }> => line.k === kind);
  const [run] = of("run");
  const [stats] = of("stats");
  if (!run || !stats) throw new Error("this is not the history of a whole run: it has no run line or no stats line");
  const processes = of("process").toSorted(byTime);
  return {
    run,
    faults: of("fault").toSorted(byTime),
    processes,
    submits: new Map(of("submit").map((line) => [line.n, line])),
    accepted: of("accepted"),
    refused: of("refused"),
    seen: Map.groupBy(of("seen"), ({ p, r }) => `${p} ${r}`),
    outcomes: of("outcome"),
    gaveUp: of("gave-up"),
    waiting: of("waiting"),
    calls: joinCalls(of("call"), processes, run.endAt),
    samples: of("sample").toSorted(byTime),
    lags: of("lag"),
    transitions: of("breaker"),
    records: new Map(of("record").map((line) => [line.id, line])),
    stats: stats.fields,
    keys: of("key"),
  };
}

function byTime(a: { at: number }, b: { at: number }): number {
  return a.at - b.at;
}

function joinCalls(lines: readonly CallLine[], processes: readonly ProcessLine[], endOfRun: number): Call[] {
  const ends = new Map(lines.filter(({ outcome }) => outcome !== undefined).map((line) => [line.c, line]));
  return lines
    .filter(({ outcome }) => outcome === undefined)
    .map(({ c, sim, model, id, marker, at }) => {
      const end = ends.get(c);
      const killed = processes.find((line) => line.role === "simulator" && line.name === sim && line.what === "killed" && line.at >= at);
      return { model, id, marker, at, endAt: end?.at ?? killed?.at ?? endOfRun, outcome: end?.outcome ?? "killed" };
    })
    .toSorted(byTime);
}
