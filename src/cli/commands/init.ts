import { oneVisibleLine } from "../../base/visible-text.js";
import { SPEC_TEMPLATES } from "../../driver/command-line.js";
import { defineCommand } from "./command.js";

export const initCommand = defineCommand({
  usage: "init [file]",
  doc: "Write a commented example spec to start from",
  positionals: {
    file: { type: "string", default: "network.json", describe: "The file; it must not exist yet" },
  },
  options: {
    template: {
      requiresArg: true,
      choices: SPEC_TEMPLATES,
      default: "network" as const,
      describe: "Template: a network of built-in blocks, or one that defines a block",
    },
  },
  examples: [
    ["ecagen init && ecagen verify network.json", "creates and verifies a first network"],
    ["ecagen init --template block fire.json", "a spec with a block definition, to adapt to a paper's block"],
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
