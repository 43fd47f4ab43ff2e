import { oneVisibleLine } from "../../base/visible-text.js";
import { SPEC_TEMPLATES } from "../../driver/command-line.js";
import { defineCommand } from "./command.js";

export const initCommand = defineCommand({
  usage: "init [file]",
  doc: "Write a first spec, with comments, to start from",
  positionals: {
    file: { type: "string", default: "network.json", describe: "The file; it must not exist yet" },
  },
  options: {
    template: {
      requiresArg: true,
      choices: SPEC_TEMPLATES,
      default: "network" as const,
      describe: "What to start from: a network of built-in blocks, or one that defines a block of its own",
    },
  },
  examples: [
    ["ecagen init && ecagen verify network.json", "from nothing to a verified network"],
    [
      "ecagen init --template block fire.json",
      "a spec that defines its own block, to change into that of a paper",
    ],
  ],
  async run({ file, template }) {
    const { initSpec } = await import("../../driver/init/init.js");
    const report = initSpec(file, template);
    return {
      json: report,
      text: () =>
        `${oneVisibleLine(report.file)} written: try \`ecagen verify ${oneVisibleLine(report.file)}\`\n`,
    };
  },
});
