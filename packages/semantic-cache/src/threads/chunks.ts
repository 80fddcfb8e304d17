/** So many items of a call go to a thread at once: few enough for a lookup to get in between, enough for the way not to count. */
const chunkSize = 4;

/** Runs chunks of a list side by side and gives the values in the list's order. */
export async function runInChunks<Item, Value>(
  items: readonly Item[],
  run: (chunk: readonly Item[]) => Promise<Value[]>,
): Promise<Value[]> {
  const starts = Array.from({ length: Math.ceil(items.length / chunkSize) }, (_, index) => index * chunkSize);
  return (await Promise.all(starts.map((start) => run(items.slice(start, start + chunkSize))))).flat();
}
