import { jsonText } from "../../base/json-text.js";
import { defineCommand } from "./command.js";

export const schemaCommand = defineCommand({
  usage: "schema",
  doc: "Print the JSON Schema of specs (draft-07), for editors",
  positionals: {},
  options: {},
  examples: [["ecagen schema > ecagen.schema.json", "then name the file in a spec's $schema"]],
  async run() {
    const { specJsonSchema } = await import("../../driver/schema/schema.js");
    const schema = specJsonSchema();
    return { json: schema, text: () => jsonText(schema) };
  },
});
