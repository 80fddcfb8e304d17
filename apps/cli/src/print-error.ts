/** Writes an error to stderr: ours as one sentence with its code and what to do about it, a defect with its stack. */
export async function printError(error: unknown): Promise<void> {
  const { RouterError } = await import("@llm-router/contracts");
  // A message of several lines (one for each thing that is wrong) has its fix on a line of its own.
  if (RouterError.is(error)) console.error(`${error.code}: ${error.message}${error.message.includes("\n") ? "\n" : " "}${error.fix}`);
  else console.error(error);
}
