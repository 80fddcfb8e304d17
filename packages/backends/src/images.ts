import type { BackendRequest, ContentPart, Message } from "@llm-router/contracts";

/** Base64 of the first bytes of the formats that vision models take. */
const magic: [prefix: string, type: string][] = [
  ["iVBOR", "image/png"],
  ["/9j/", "image/jpeg"],
  ["R0lGOD", "image/gif"],
  ["UklGR", "image/webp"],
];

/** An image as a URL: links and data URLs as they are, bare base64 as a data URL of the type that its first bytes show (default PNG). */
function imageUrl(image: string): string {
  if (/^(?:data|https?):/i.test(image)) return image;
  const type = magic.find(([prefix]) => image.startsWith(prefix))?.[1] ?? "image/png";
  return `data:${type};base64,${image}`;
}

/** The base64 text of an image, or undefined for a link. */
export function imageBase64(image: string): string | undefined {
  if (/^https?:/i.test(image)) return undefined;
  return image.replace(/^data:[^,]*,/i, "");
}

/** The request's messages with `images` in its last user message, unless they are in one already. */
export function messagesWithImages(request: BackendRequest): Message[] {
  const urls = new Set((request.images ?? []).map(imageUrl));
  for (const message of request.messages) {
    for (const part of partsOf(message)) if (part.type === "image_url") urls.delete(imageUrl(part.image_url.url));
  }
  const last = request.messages.findLastIndex((message) => message.role === "user");
  if (urls.size === 0 || last === -1) return request.messages;
  const images = [...urls].map((url): ContentPart => ({ type: "image_url", image_url: { url } }));
  return request.messages.map((message, index) => (index === last ? { ...message, content: [...partsOf(message), ...images] } : message));
}

export function partsOf(message: Message): ContentPart[] {
  if (Array.isArray(message.content)) return message.content;
  return message.content ? [{ type: "text", text: message.content }] : [];
}
