import { diagnosticToJson, InputError } from "../../base/diagnostic.js";
import { formatFlag, sizeFlags, sizeOptions } from "../options.js";
import type { Outcome } from "../outcome.js";
import { besideInspected, inspectTables, inspectText } from "../report-inspect.js";
import { defineCommand } from "./command.js";

export const inspectCommand = defineCommand({
  usage: "inspect <file>",
  doc: "Show the stages, blocks, gates and counts of an ONNX file",
  positionals: { file: { type: "string", demandOption: true, describe: "An ONNX file from any framework" } },
  options: {
    spec: {
      type: "string",
      requiresArg: true,
      describe: "Write the spec of this network to a file; exit code 2 if no spec can describe it",
    },
    textconv: {
      type: "boolean",
      default: false,
      describe:
        "Print the file as text for git diff: one line per block, op and tensor, with hashes of tensors",
    },
    ...formatFlag,
    ...sizeFlags,
  },
  examples: [
    ["ecagen inspect efficientnet_b0.onnx", "the recognised blocks, with kernel, stride, gate and costs"],
    ["ecagen inspect model.onnx --json", "the same as JSON, including unknown operators"],
    ["ecagen inspect ocr.onnx --input-shape x=1x3x48x320", "an ONNX file with dynamic sizes"],
    [
      "git config diff.onnx.textconv 'ecagen inspect --textconv'",
      "git diff shows .onnx files, with *.onnx diff=onnx in .gitattributes",
    ],
    ["ecagen inspect mobilenet.onnx --spec mobilenet.json", "also writes a spec of the same network"],
  ],
  async run({ file, spec, textconv, ...args }) {
    if (textconv) return await asText(file, { ...args, spec });
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

type OtherFlags = Parameters<typeof sizeOptions>[0] & {
  readonly spec: string | undefined;
  readonly format: string;
  readonly json: boolean;
};

/** What git shows of a file. It is for nothing else, so no other form goes with it. */
async function asText(file: string, { spec, format, json, ...args }: OtherFlags): Promise<Outcome> {
  const others = [...(spec === undefined ? [] : ["--spec"]), ...(json ? ["--json"] : [])];
  const other = format === "text" ? others[0] : "--format";
  if (other !== undefined)
    throw InputError.of("cli/usage", `--textconv is a format of its own, without ${other}`);
  const { textOfModel } = await import("../../driver/inspect/textconv.js");
  const text = textOfModel(file, sizeOptions(args));
  return { json: {}, text: () => text };
}
