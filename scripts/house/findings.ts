import type { Source } from "./source-tree.js";

/** The files that declare and export each type, by its name. */
export function homesOfTypes(sources: readonly Source[]): ReadonlyMap<string, readonly string[]> {
  const homes = new Map<string, string[]>();
  for (const { path, types } of sources)
    for (const type of types) homes.set(type, [...(homes.get(type) ?? []), path]);
  return homes;
}

/** `compile` for `driver/compile/compile.ts`. */
export const useCaseOf = (path: string): string | undefined => /^driver\/([^/]+)\//.exec(path)?.[1];
