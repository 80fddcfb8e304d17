/** @throws Error when a vector is not as long as those of the store. */
export function assertLength({ length }: Float32Array, dimensions: number, of: string): void {
  if (length !== dimensions) throw new Error(`the vector of ${of} has ${length} numbers, not ${dimensions}`);
}
