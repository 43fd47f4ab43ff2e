import type * as z from "zod";

/**
 * What kinds of attention can say since files and hashes were written that know nothing of it, options and attributes alike.
 * It is left out where it is as it always was, so that a spec which says nothing of it keeps its hash and its file its bytes.
 */
const LATER: { readonly [type: string]: ReadonlySet<string> } = {
  se: new Set(["norm", "epsilon"]),
  eca: new Set(["kernelOf", "squeeze", "ownKernels", "gate"]),
  "eca-ns": new Set(["kernelOf"]),
  ecam: new Set(["kernelOf", "firstKernel", "bias", "squeeze", "gate"]),
};

/** Options or attributes of a kind of attention without those that came later and have their default. */
export function withoutLater(
  type: string,
  values: object,
  fields: Readonly<Record<string, z.ZodType>>,
): Readonly<Record<string, unknown>> {
  const isUsual = ([key, value]: readonly [string, unknown]): boolean =>
    LATER[type]?.has(key) === true && fields[key]?.safeParse(undefined).data === value;
  return Object.fromEntries(Object.entries(values).filter((entry) => !isUsual(entry)));
}
