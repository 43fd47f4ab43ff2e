import type { ModelMessage } from "./proto.js";

/**
 * The key of a file's metadata that names the initializers which no training changes, as anchors: a list as JSON. A file has no other
 * way to tell them from weights. Single numbers are not in it: they are not trained.
 */
export const FIXED_TENSORS = "ecagen.fixed";

/** Their names; none in files that don't say it. What is no list of texts is not ecagen's, and says nothing. */
export function fixedTensors({ metadataProps }: ModelMessage): ReadonlySet<string> {
  const text = metadataProps?.find(({ key }) => key === FIXED_TENSORS)?.value;
  const names = text === undefined || text === null ? [] : listOf(text);
  return new Set(names.filter((name) => typeof name === "string"));
}

function listOf(text: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}
