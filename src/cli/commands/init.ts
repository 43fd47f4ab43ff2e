import { oneVisibleLine } from "../../base/visible-text.js";
import { defineCommand } from "./command.js";

export const initCommand = defineCommand({
  usage: "init [file]",
  doc: "Write a first spec, with comments, to start from",
  positionals: {
    file: { type: "string", default: "network.json", describe: "The file; it must not exist yet" },
  },
  options: {},
  examples: [["ecagen init && ecagen verify network.json", "from nothing to a verified network"]],
  async run({ file }) {
    const { initSpec } = await import("../../driver/init/init.js");
    const report = initSpec(file);
    return {
      json: report,
      text: () =>
        `${oneVisibleLine(report.file)} written: try \`ecagen verify ${oneVisibleLine(report.file)}\`\n`,
    };
  },
});
