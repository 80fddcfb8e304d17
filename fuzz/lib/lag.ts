const everyMs = 20;
const notableMs = 10;

/** Tells whenever a timer of this process was late by a notable time, ms: so long its event loop stood still, or the machine gave it no processor. */
export function watchLag(onLag: (ms: number) => void): void {
  let last = performance.now();
  const tick = (): void => {
    const ms = Math.round(performance.now() - last - everyMs);
    last = performance.now();
    if (ms >= notableMs) onLag(ms);
  };
  setInterval(tick, everyMs).unref();
}
