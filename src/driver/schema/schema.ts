import { join } from "node:path";
import { packageRoot } from "../../files/package.js";
import { readText } from "../../files/read-file.js";
import { specJsonSchema as schemaOfSpecs } from "../../language/json-schema.js";
import { sweepJsonSchema as schemaOfSweeps } from "../../language/sweep/json-schema.js";

/** The JSON Schema of specs, which the package has as `schema/ecagen.schema.json`. */
export function specJsonSchema(): Readonly<Record<string, unknown>> {
  return schemaOfSpecs();
}

/** The JSON Schema of sweep files, which the package has as `schema/sweep.schema.json`. */
export function sweepJsonSchema(): Readonly<Record<string, unknown>> {
  return schemaOfSweeps();
}

/** The JSON Schema of what a command prints with `--json`, which the package has as a file made of the report's type. */
export function documentJsonSchema(command: string): object {
  const file = join(packageRoot(), "schema", "json", `${command}.schema.json`);
  return JSON.parse(readText(file)) as object;
}
