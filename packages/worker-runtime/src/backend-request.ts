import type { BackendRequest, ContentPart, Message, ModelConfig, Request } from "@llm-router/contracts";

/** The request as a backend gets it: `messages` always filled, llm-router's own fields taken off, the model's default temperature put in. */
export function toBackendRequest(request: Request, model: Pick<ModelConfig, "model" | "defaultTemperature">): BackendRequest {
  const { prompt, system, images, topP, maxTokens, stop, seed, tools, toolChoice, responseFormat, providerOptions } = request;
  const temperature = request.temperature ?? model.defaultTemperature;
  return {
    model: model.model,
    messages: messagesOf(request),
    ...(prompt !== undefined && { prompt }),
    ...(system !== undefined && { system }),
    ...(images !== undefined && { images }),
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { topP }),
    ...(maxTokens !== undefined && { maxTokens }),
    ...(stop !== undefined && { stop: typeof stop === "string" ? [stop] : stop }),
    ...(seed !== undefined && { seed }),
    ...(tools !== undefined && { tools }),
    ...(toolChoice !== undefined && { toolChoice }),
    ...(responseFormat !== undefined && { responseFormat }),
    ...(providerOptions !== undefined && { providerOptions }),
  };
}

/** `system` goes first; `images` belong to the last question. */
function messagesOf({ prompt, messages, system, images = [] }: Request): Message[] {
  const asked: Message[] = messages ? [...messages] : [{ role: "user", content: prompt ?? "" }];
  const last = asked.findLastIndex(({ role }) => role === "user");
  const question = asked[last];
  if (question && images.length > 0) {
    const pictures = images.map((image): ContentPart => ({ type: "image_url", image_url: { url: asUrl(image) } }));
    asked[last] = { ...question, content: [...partsOf(question), ...pictures] };
  }
  return system === undefined ? asked : [{ role: "system", content: system }, ...asked];
}

function partsOf({ content }: Message): ContentPart[] {
  return typeof content === "string" ? [{ type: "text", text: content }] : (content ?? []);
}

/** Base64 of the first bytes of the formats that vision models take. */
const magic: [prefix: string, type: string][] = [
  ["iVBOR", "image/png"],
  ["/9j/", "image/jpeg"],
  ["R0lGOD", "image/gif"],
  ["UklGR", "image/webp"],
];

/** Bare base64 becomes a data URL. The backends read types the same way, and so see that `images` is in the messages already. */
function asUrl(image: string): string {
  if (/^(?:data|https?):/i.test(image)) return image;
  const type = magic.find(([prefix]) => image.startsWith(prefix))?.[1] ?? "image/png";
  return `data:${type};base64,${image}`;
}
