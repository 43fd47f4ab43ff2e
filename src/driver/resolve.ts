import { loadSpec } from "../spec/load.js";
import type { ResolvedSpec } from "../spec/resolved.js";

/** A spec with everything said. */
export function resolve(file: string): ResolvedSpec {
  return loadSpec(file).resolved;
}
