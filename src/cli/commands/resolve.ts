import { jsonText } from "../../base/json-text.js";
import { sharedOptions, specFlags } from "../options.js";
import { defineCommand } from "./command.js";

export const resolveCommand = defineCommand({
  usage: "resolve <spec>",
  doc: "Print a spec with all bases, shorthands and defaults expanded; it compiles to the same bytes",
  positionals: {
    spec: { type: "string", demandOption: true, describe: "The spec, a JSON file; - reads it from stdin" },
  },
  options: { ...specFlags, resolution: sharedOptions.resolution },
  examples: [
    ["ecagen resolve specs/b7-eca.json > b7.json", "a spec that needs no other file"],
    [
      "ecagen resolve b0-eca --set head.classes=10 > mine.json",
      "one that ships, with other fields, to go on from",
    ],
    [
      "ecagen resolve specs/b7-eca.json --json",
      "what the compiler makes of it too: every block with its channels, strides and rates",
    ],
  ],
  async run({ spec, set, resolution }) {
    const { resolve } = await import("../../driver/resolve/resolve.js");
    const resolved = resolve(spec, { set, resolution });
    return { json: resolved, text: () => jsonText(resolved.spec) };
  },
});
