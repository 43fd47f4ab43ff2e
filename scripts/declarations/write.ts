/**
 * Writes the type declarations of the package, one file for each entry and form: dist/types/index.d.ts for `import`, index.d.cts for `require`.
 * They import nothing.
 *
 * No bundler of declarations makes these: most types of reports and options are computed, of zod's schemas and of each other, and a bundler copies the
 * computation with all that it names (7,000 lines, which import zod), where a user wants what it comes to.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { packageDeclarations } from "./package.js";

rmSync("dist/types", { recursive: true, force: true });
mkdirSync("dist/types", { recursive: true });
for (const [entry, { text }] of Object.entries(packageDeclarations()))
  for (const ending of ["d.ts", "d.cts"]) writeFileSync(`dist/types/${entry}.${ending}`, text);
