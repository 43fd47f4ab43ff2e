import { jsonText } from "../../base/json-text.js";
import { SCHEMA_NAMES } from "../json-documents.js";
import { defineCommand } from "./command.js";

export const schemaCommand = defineCommand({
  usage: "schema",
  doc: "Print the JSON Schema (draft-07) of specs or sweep files, for editors, or of the --json output of a command",
  positionals: {},
  options: {
    of: {
      requiresArg: true,
      choices: SCHEMA_NAMES,
      default: "spec" as const,
      describe: "Kind of document: a spec, a sweep file, the output of a command, or errors",
    },
  },
  examples: [
    ["ecagen schema > ecagen.schema.json", "for the $schema key of specs"],
    ["ecagen schema --of stats", "the schema of ecagen stats --json"],
  ],
  async run({ of }) {
    const { documentJsonSchema, specJsonSchema, sweepJsonSchema } = await import(
      "../../driver/schema/schema.js"
    );
    const schema =
      of === "spec" ? specJsonSchema() : of === "sweep-file" ? sweepJsonSchema() : documentJsonSchema(of);
    return { json: schema, isForeign: true, text: () => jsonText(schema) };
  },
});
