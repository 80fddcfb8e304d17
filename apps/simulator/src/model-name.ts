/** Ollama takes `name` and `name:latest` for the same model. */
export function canonicalName(model: string): string {
  return model.endsWith(":latest") ? model.slice(0, -":latest".length) : model;
}

/** The name as Ollama lists it, with its tag. */
export function fullName(model: string): string {
  return model.includes(":") ? model : `${model}:latest`;
}
