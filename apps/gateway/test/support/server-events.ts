import type { Event } from "@llm-router/contracts";

/** A job's events from a gateway, as they come; ends with the answer, or with the error of a connection that broke. */
export async function* readEvents(
  url: string,
  id: string,
  from?: number,
  headers: Record<string, string> = {},
): AsyncGenerator<Event, void> {
  const response = await fetch(`${url}/v1/jobs/${id}/events`, {
    headers: { ...headers, ...(from !== undefined && { "last-event-id": String(from) }) },
  });
  if (response.status === 204) return;
  if (!response.ok || !response.body) throw new Error(`status ${response.status}: ${await response.text()}`);
  let rest = "";
  for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
    const blocks = (rest + text).split("\n\n");
    rest = blocks.pop() ?? "";
    for (const block of blocks) {
      if (block.startsWith("event: error")) throw new Error(block);
      const [idLine = "", typeLine = "", dataLine = ""] = block.split("\n");
      const event = JSON.parse(dataLine.replace(/^data: /, "")) as Event;
      if (idLine !== `id: ${event.seq}` || typeLine !== `event: ${event.type}`) throw new Error(`not an event: ${block}`);
      yield event;
    }
  }
}

export function textOf(events: readonly Event[]): string {
  return events.map(({ delta }) => delta?.text ?? "").join("");
}
