const due = new Set<() => void>();

/**
 * Calls `act` once everything that came with this turn of the event loop has been read, together with all others that asked for it: the
 * commands that they send leave in one write, which costs as much as all the rest of a small one. Asking twice is asking once.
 */
export function atEndOfTurn(act: () => void): void {
  if (due.size === 0) setImmediate(run);
  due.add(act);
}

/** Takes it back. */
export function notAtEndOfTurn(act: () => void): void {
  due.delete(act);
}

function run(): void {
  const acts = [...due];
  due.clear();
  for (const act of acts) act();
}
