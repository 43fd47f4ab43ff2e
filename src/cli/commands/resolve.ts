import { jsonText } from "../../base/json-text.js";
import { defineCommand } from "./command.js";

export const resolveCommand = defineCommand({
  usage: "resolve <spec>",
  doc: "Print a spec with everything said: extends, repeats, scaling and defaults expanded",
  positionals: {
    spec: { type: "string", demandOption: true, describe: "The spec, a JSON file; - reads it from stdin" },
  },
  options: {},
  examples: [["ecagen resolve specs/b7-eca.json", "the blocks that the compiler sees"]],
  async run({ spec }) {
    const { resolve } = await import("../../driver/resolve/resolve.js");
    const resolved = resolve(spec);
    return { json: resolved, isForeign: true, text: () => jsonText(resolved) };
  },
});
