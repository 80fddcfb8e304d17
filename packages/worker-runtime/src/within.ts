/** Whether `promise` settled within `ms`. Keeps the process alive while it waits; a rejection counts as settled. */
export async function within(promise: Promise<unknown>, ms: number): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<false>();
  const timer = setTimeout(() => resolve(false), Math.min(ms, 2_147_483_647));
  const settled = promise.then(
    () => true as const,
    () => true as const, // who owns the promise reports what it failed with
  );
  const inTime = await Promise.race([settled, late]);
  clearTimeout(timer);
  return inTime;
}
