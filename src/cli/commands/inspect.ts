import { diagnosticToJson } from "../../base/diagnostic.js";
import { formatFlag, sizeFlags, sizeOptions } from "../options.js";
import { besideInspected, inspectTables, inspectText } from "../report-inspect.js";
import { defineCommand } from "./command.js";

export const inspectCommand = defineCommand({
  usage: "inspect <file>",
  doc: "Show the network in an ONNX file: its stages and blocks, its gates, its counts",
  positionals: { file: { type: "string", demandOption: true, describe: "An ONNX file, of any framework" } },
  options: {
    spec: {
      type: "string",
      requiresArg: true,
      describe: "A file that gets the spec of this network; exit code 2 where no spec says it",
    },
    ...formatFlag,
    ...sizeFlags,
  },
  examples: [
    ["ecagen inspect efficientnet_b0.onnx", "the blocks that are found, with kernel, stride, gate and costs"],
    [
      "ecagen inspect model.onnx --json",
      "the same for a script, with the operators that ecagen doesn't know",
    ],
    ["ecagen inspect ocr.onnx --input-shape x=1x3x48x320", "at the sizes that the file leaves open"],
    ["ecagen inspect mobilenet.onnx --spec mobilenet.json", "and the spec that makes the same network"],
  ],
  async run({ file, spec, ...args }) {
    const { inspect } = await import("../../driver/inspect/inspect.js");
    const report = await inspect(file, { spec, ...sizeOptions(args) });
    return {
      json: { ...report, notes: report.notes.map(diagnosticToJson) },
      warnings: report.notes,
      text: () => inspectText(report),
      tables: { all: () => inspectTables(report) },
      beside: () => besideInspected(report),
    };
  },
});
