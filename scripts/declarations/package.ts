import { type Declarations, declarationsOf } from "./declarations.js";
import { specTypes } from "./spec-type.js";

const FULL_SPEC = `/** A spec that says by itself what another one leaves to bases, shorthands and defaults. */
export type FullSpec = Spec & { readonly name: string };`;

let known: Readonly<Record<"index" | "core", Declarations>> | undefined;

/** The declarations of the package's entries. */
export function packageDeclarations(): Readonly<Record<"index" | "core", Declarations>> {
  if (known !== undefined) return known;
  const given = new Map([...specTypes(), ["FullSpec", FULL_SPEC]]);
  const [index, core] = declarationsOf(["src/index.ts", "src/core.ts"], given);
  if (index === undefined || core === undefined) throw new Error("an entry has no declarations");
  known = { index, core };
  return known;
}
