import { defineCommand } from "./command.js";

export const inspectCommand = defineCommand({
  usage: "inspect <file>",
  doc: "Show the network in an ONNX file: its stages and blocks, its gates, its counts",
  positionals: { file: { type: "string", demandOption: true, describe: "An ONNX file, of any framework" } },
  options: {},
  examples: [
    ["ecagen inspect efficientnet_b0.onnx", "the blocks that are found, with kernel, stride, gate and costs"],
    [
      "ecagen inspect model.onnx --json",
      "the same for a script, with the operators that ecagen doesn't know",
    ],
  ],
  async run({ file }) {
    const { inspect } = await import("../../driver/inspect.js");
    const report = inspect(file);
    return {
      json: report,
      async text() {
        const { inspectText } = await import("../report-inspect.js");
        return inspectText(report);
      },
    };
  },
});
