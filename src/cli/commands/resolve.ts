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
    ["ecagen resolve specs/b7-eca.json > b7.json", "a self-contained spec"],
    [
      "ecagen resolve b0-eca --set head.classes=10 > mine.json",
      "a copy of a shipped spec with changed fields, as a starting point",
    ],
    [
      "ecagen resolve specs/b7-eca.json --json",
      "also with the result of the compiler: every block with its channels, strides and rates",
    ],
  ],
  async run({ spec, set, resolution }) {
    const { resolve } = await import("../../driver/resolve/resolve.js");
    const resolved = resolve(spec, { set, resolution });
    return { json: resolved, text: () => jsonText(resolved.spec) };
  },
});
