import { createHash } from "node:crypto";
import type { ContentPart, Message, Request } from "./request.ts";

/** What a request asks, taken apart as the cache needs it: the question itself, and all that surrounds it. */
export interface Question {
  /** The prompt, or the texts of the last user message. */
  texts: string[];
  /** Messages before the last user message; all of them when there is none. */
  history: Message[];
  /** The last user message without its texts, and what follows it; images are hashes of their bytes. */
  rest: unknown;
}

export function questionOf({ prompt, messages }: Pick<Request, "prompt" | "messages">): Question {
  if (!messages) return { texts: [prompt ?? ""], history: [], rest: undefined };
  const last = messages.findLastIndex(({ role }) => role === "user");
  const asked = messages[last];
  if (!asked) return { texts: [""], history: messages, rest: undefined };
  const { role: _role, content, ...others } = asked;
  const parts: ContentPart[] = typeof content === "string" ? [{ type: "text", text: content }] : (content ?? []);
  const layout = parts.map((part) =>
    part.type === "text" ? "text" : { image: imageHash(part.image_url.url), detail: part.image_url.detail },
  );
  const after = messages.slice(last + 1);
  const isPlain =
    layout.length === 1 && layout[0] === "text" && after.length === 0 && Object.values(others).every((value) => value === undefined);
  return {
    texts: parts.flatMap((part) => (part.type === "text" ? [part.text] : [])),
    history: messages.slice(0, last),
    // A lone text is the same question as a plain prompt.
    rest: isPlain ? undefined : { ...others, layout, after },
  };
}

/** The question as one text, for wording rules and embedders. */
export function questionText(request: Pick<Request, "prompt" | "messages">): string {
  return questionOf(request).texts.join("\n");
}

/** Every image of a request, the history's too, as it was given. */
export function imagesOf({ images = [], messages = [] }: Pick<Request, "images" | "messages">): string[] {
  return [
    ...images,
    ...messages.flatMap(({ content }) =>
      Array.isArray(content) ? content.flatMap((part) => (part.type === "text" ? [] : [part.image_url.url])) : [],
    ),
  ];
}

/** SHA-256 of an image's bytes: the same whether it came as base64 or as a data URL. An address is hashed as such. */
export function imageHash(image: string): string {
  const data = /^data:[^,]{0,200};base64,/i.exec(image);
  const body = data ? image.slice(data[0].length) : image;
  const isBase64 = body.length % 4 !== 1 && /^[A-Za-z0-9+/]+={0,2}$/.test(body);
  const hash = createHash("sha256");
  return isBase64 ? hash.update(Buffer.from(body, "base64")).digest("hex") : `text:${hash.update(image).digest("hex")}`;
}
