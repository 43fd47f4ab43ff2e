/**
 * Writes the type declarations of the package, one file for each entry and form: dist/types/index.d.ts for `import`, index.d.cts for `require`.
 * They import nothing.
 *
 * No bundler of declarations makes these: most types of reports and options are computed, of zod's schemas and of each other, and a bundler copies the
 * computation with all that it names (7,000 lines, which import zod), where a user wants what it comes to.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { declarationsOf } from "./declarations.js";
import { specTypes } from "./spec-type.js";

const ENTRIES = ["index", "core"];
const FULL_SPEC = `/** A spec that says by itself what another one leaves to bases, shorthands and defaults. */
export type FullSpec = Spec & { readonly name: string };`;

const given = new Map([...specTypes(), ["FullSpec", FULL_SPEC]]);
const texts = declarationsOf(
  ENTRIES.map((entry) => `src/${entry}.ts`),
  given,
);
rmSync("dist/types", { recursive: true, force: true });
mkdirSync("dist/types", { recursive: true });
for (const [i, entry] of ENTRIES.entries())
  for (const ending of ["d.ts", "d.cts"]) writeFileSync(`dist/types/${entry}.${ending}`, texts[i] ?? "");
