import { z } from "zod";

/** A part of a JSON Schema, as far as messages need it. */
export interface Shape {
  type?: string | string[];
  description?: string;
  default?: unknown;
  const?: unknown;
  enum?: unknown[];
  anyOf?: Shape[];
  oneOf?: Shape[];
  properties?: Record<string, Shape>;
  required?: string[];
  propertyNames?: Shape;
  additionalProperties?: boolean | Shape;
  items?: Shape;
  minimum?: number;
  exclusiveMinimum?: number;
  maximum?: number;
  minItems?: number;
  maxItems?: number;
  maxLength?: number;
}

const known = new WeakMap<z.ZodType, Shape>();

/** The JSON Schema of what may be handed to a zod schema. Made once per schema, and only when something is wrong. */
export function shapeOf(schema: z.ZodType): Shape {
  const cached = known.get(schema);
  if (cached) return cached;
  const shape = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as Shape;
  known.set(schema, shape);
  return shape;
}

/** Every alternative of a shape that a path leads to. */
export function shapesAt(root: Shape, path: readonly PropertyKey[]): Shape[] {
  return path.reduce<Shape[]>((shapes, part) => shapes.flatMap((shape) => step(shape, part)), alternatives(root));
}

function step(shape: Shape, part: PropertyKey): Shape[] {
  if (typeof part === "number") return shape.items ? alternatives(shape.items) : [];
  const property = shape.properties && Object.hasOwn(shape.properties, part) ? shape.properties[String(part)] : undefined;
  if (property) return alternatives(property);
  return typeof shape.additionalProperties === "object" ? alternatives(shape.additionalProperties) : [];
}

export function alternatives(shape: Shape): Shape[] {
  const inner = shape.anyOf ?? shape.oneOf;
  if (inner) return inner.flatMap(alternatives);
  if (Array.isArray(shape.type)) return shape.type.map((type) => ({ ...shape, type }));
  return [shape];
}

/** What stands there, in words: `a whole number of at least 1`, `one of "use", "bypass"`. */
export function expectation(shapes: readonly Shape[]): string {
  const choices = shapes.flatMap((shape) => shape.enum ?? ("const" in shape ? [shape.const] : []));
  const others = shapes.filter((shape) => !shape.enum && !("const" in shape)).map(describeShape);
  const named =
    choices.length > 1
      ? `one of ${choices.map((choice) => JSON.stringify(choice)).join(", ")}`
      : choices.map((choice) => JSON.stringify(choice)).join("");
  return [...new Set([named, ...others])].filter((text) => text !== "").join(" or ");
}

function describeShape(shape: Shape): string {
  switch (shape.type) {
    case "integer":
      return `a whole number${range(shape)}`;
    case "number":
      return `a number${range(shape)}`;
    case "boolean":
      return "true or false";
    case "array":
      return `a list${count(shape)}`;
    case "object":
      return "an object";
    case "null":
      return "null";
    case "string":
      return shape.maxLength === undefined ? "text" : `text of at most ${shape.maxLength} characters`;
    default:
      return "";
  }
}

function range({ type, minimum, exclusiveMinimum, maximum }: Shape): string {
  const low = exclusiveMinimum === undefined ? minimum : type === "integer" ? exclusiveMinimum + 1 : undefined;
  const least = low !== undefined && low > Number.MIN_SAFE_INTEGER ? low : undefined;
  const most = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER ? maximum : undefined;
  if (least !== undefined && most !== undefined) return ` from ${least} to ${most}`;
  if (least !== undefined) return ` of at least ${least}`;
  if (most !== undefined) return ` of at most ${most}`;
  return exclusiveMinimum === undefined ? "" : ` above ${exclusiveMinimum}`;
}

function count({ minItems, maxItems }: Shape): string {
  if (minItems !== undefined && maxItems !== undefined) return ` of ${minItems} to ${maxItems} entries`;
  if (minItems !== undefined) return ` of at least ${minItems} ${minItems === 1 ? "entry" : "entries"}`;
  return maxItems === undefined ? "" : ` of at most ${maxItems} entries`;
}
