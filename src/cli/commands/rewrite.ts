import { count, macs } from "../../base/numbers.js";
import { oneVisibleLine } from "../../base/visible-text.js";
import type { RewriteReport } from "../../driver/rewrite/rewrite.js";
import { choiceTable } from "../choice-table.js";
import { label, opsetText, table, tensorName } from "../format.js";
import { halfText } from "../half-text.js";
import { insertedText } from "../inserted-text.js";
import { newGatesTable } from "../new-gates-table.js";
import { sharedOptions } from "../options.js";
import { withProgress } from "../progress.js";
import { uncountedText } from "../report-counts.js";
import { opaqueText } from "../report-inspect.js";
import { outputText, refuseStreamed, textBeside } from "../standard-output.js";
import { swappedText } from "../swapped-text.js";
import { defineCommand } from "./command.js";

export const rewriteCommand = defineCommand({
  usage: "rewrite <model>",
  doc: "Swap or add attention gates in any ONNX file, or run any passes on it",
  positionals: { model: { type: "string", demandOption: true, describe: "An ONNX file" } },
  options: {
    output: {
      alias: "o",
      type: "string",
      requiresArg: true,
      describe:
        "The rewritten file; - writes it to stdout [default: nothing is written, for a look with --explain]",
    },
    swap: {
      type: "string",
      array: true,
      nargs: 1,
      describe:
        "Gates to swap, OLD=NEW: se=eca, any={type=eca,kernel=3}; NEW can be none, to remove them, or auto, to choose for each gate",
    },
    budget: {
      type: "string",
      requiresArg: true,
      describe:
        "Limit for NEW=auto: cosine=0.999 of the outputs, parameters=-80% of the gates, metric=-0.4 [default: cosine=0.999]",
    },
    metric: {
      type: "string",
      requiresArg: true,
      describe:
        "For --budget metric=…: a program that gets the path of a model and prints a number; larger is better",
    },
    curve: {
      type: "string",
      requiresArg: true,
      describe:
        "Write an SVG of the networks that NEW=auto considered: parameters against the error of the outputs",
    },
    insert: sharedOptions.insert,
    at: sharedOptions.at,
    passes: {
      type: "string",
      requiresArg: true,
      describe: "Passes after the swaps and new gates, as text: fold-batch-norm,simplify",
    },
    explain: {
      type: "boolean",
      default: false,
      describe: "List each gate that was found, and what looks like a gate but is none, with the reason",
    },
    verify: {
      type: "boolean",
      default: true,
      describe: "Compare with the original where passes must keep the values; --no-verify skips that",
    },
    "new-gates": sharedOptions["new-gates"],
    "fit-steps": sharedOptions["fit-steps"],
    calibrate: sharedOptions.calibrate,
    preprocessing: {
      ...sharedOptions.preprocessing,
      describe: "Prepare the pictures of --calibrate as this spec says, not as the model says",
    },
    seed: sharedOptions.seed,
    batch: {
      ...sharedOptions["model-batch"],
      describe: "Fix an open batch to this number [default: it stays open]",
    },
    "input-shape": {
      ...sharedOptions["input-shape"],
      describe:
        "Sizes to assume for an input that has open ones, for analysis and verification: x=1x3x320x320; the file stays open",
    },
    input: sharedOptions.input,
    precision: sharedOptions.precision,
    "fp16-io": sharedOptions["fp16-io"],
    target: sharedOptions.target,
    "external-data": {
      type: "boolean",
      describe:
        "Write the weights to a separate file beside the model, named after its content [default: where the original has one]",
    },
    "print-ir-after-all": {
      type: "boolean",
      default: false,
      describe: "Print the IR on stderr after each pass",
    },
  },
  examples: [
    ["ecagen rewrite seresnet50.onnx --explain", "which gates the file has, and which near misses"],
    ["ecagen rewrite seresnet50.onnx --swap se=eca -o ecaresnet50.onnx", "every SE gate becomes ECA"],
    [
      "ecagen rewrite b0.onnx --swap se=eca --new-gates fit --calibrate images.npy -o b0-eca.onnx",
      "the new gates start near to what the old ones do",
    ],
    [
      "ecagen rewrite b0.onnx --swap se=eca --new-gates fit --calibrate photos/ --preprocessing b0-se -o b0-eca.onnx",
      "the same by a folder of pictures",
    ],
    [
      "ecagen rewrite resnet50.onnx --insert eca --at blocks=residual -o resnet50-eca.onnx",
      "inserts gates; the outputs do not change",
    ],
    [
      "ecagen rewrite b0.onnx --swap se=auto --budget cosine=0.999 --calibrate pictures/ -o b0-auto.onnx --curve curve.svg",
      "each gate becomes the smallest one that will do; a picture of what others would do",
    ],
    [
      "ecagen rewrite b0.onnx --passes 'swap-attention{from=se,to=eca,at={stages=[4,5,6]}}' -o late.onnx",
      "only in the later stages",
    ],
    ["ecagen rewrite model.onnx --passes simplify -o small.onnx", "constants and shape chains are folded"],
    [
      "ecagen rewrite detector.onnx --swap se=eca --input-shape image=1x3x640x640 -o eca.onnx",
      "a file that leaves its sizes open",
    ],
    ["ecagen rewrite model.onnx --precision fp16 --batch 1 -o half.onnx", "half precision, a batch of one"],
    [
      "ecagen rewrite model.onnx --precision fp16 --fp16-io -o half.onnx",
      "inputs and outputs of float16, too",
    ],
  ],
  async run(args) {
    refuseStreamed(args);
    const { rewrite } = await import("../../driver/rewrite/rewrite.js");
    const report = await withProgress((progress) =>
      rewrite(args.model, {
        output: args.output,
        swaps: args.swap,
        budget: args.budget,
        metric: args.metric,
        curve: args.curve,
        inserts: args.insert,
        at: args.at,
        passes: args.passes,
        verify: args.verify,
        newGates: args["new-gates"],
        fitSteps: args["fit-steps"],
        calibrate: args.calibrate,
        preprocessing: args.preprocessing,
        seed: args.seed,
        batch: args.batch,
        inputShapes: args["input-shape"],
        inputValues: args.input,
        precision: args.precision,
        halfIo: args["fp16-io"],
        target: args.target,
        externalData: args["external-data"],
        digest: args.json,
        printIr: args["print-ir-after-all"] ? progress.print : undefined,
        onProgress: progress.update,
      }),
    );
    return {
      json: report,
      notes: report.notes,
      warnings: report.warnings,
      textOn: textBeside(report),
      text() {
        const explained = args.explain ? explanation(report) : "";
        return `${explained}${summary(report)}${choiceTable(report.choice, args.curve)}${newGatesTable(report.newGates)}`;
      },
    };
  },
});

/** The gates that were found, as a table, below it the near misses, and the operators in which none can be found. */
function explanation({ raised, rejected, opaque }: RewriteReport): string {
  const rows = raised.map(({ at, kind, channels, parameters, options, scale, quantized }) => [
    tensorName(at),
    kind,
    count(channels),
    count(parameters),
    [
      ...Object.entries(options).map(
        ([key, value]) => `${key} ${typeof value === "string" ? value : JSON.stringify(value)}`,
      ),
      ...(scale === undefined ? [] : [`times ${scale}`]),
      ...(quantized === true ? ["quantised"] : []),
    ].join(", "),
  ]);
  const found =
    rows.length === 0
      ? "no gate was found\n"
      : table(["gate", "kind", "channels", "parameters", "options"], rows, ["channels", "parameters"]);
  const misses = rejected.map(({ at, op, reason }) => `${tensorName(at)}: ${label(op)}: ${label(reason)}\n`);
  const heading = misses.length === 0 ? "" : "\nlooks like a gate, and is none that is known:\n";
  return `${found}${heading}${misses.join("")}${opaqueText({ opaque })}\n`;
}

function summary(report: RewriteReport): string {
  const gates = `${count(report.attentionParameters)} of them attention's`;
  const numbers = `${count(report.parameters)} parameters (${gates}), ${macs(report.macs)} MACs, ${report.nodes} nodes, ${opsetText(report)}`;
  const near = report.rejected.length === 0 ? "" : `, ${report.rejected.length} near misses`;
  const found = `${report.raised.length} gates found${near}`;
  if (report.output === undefined)
    return `${found}; ${numbers}; nothing was written, as there is no -o\n${uncountedText(report)}${insertedText(report.inserted)}`;
  const beside = report.externalData === undefined ? "" : ` and ${oneVisibleLine(report.externalData.file)}`;
  return `${found}\n${outputText(report)}${beside}: ${numbers}, ${count(report.bytes ?? 0)} bytes\n${uncountedText(report)}${halfText(report.halfPrecision)}${verified(report)}${insertedText(report.inserted)}${swappedText(report.swapped)}`;
}

function verified({ verification }: RewriteReport): string {
  if (verification === undefined) return "";
  const { of, maxRel, undecided } = verification;
  if (undecided !== undefined)
    return `compared with the original, which shows nothing: ${label(undecided)}\n`;
  const near = `within ${maxRel.toExponential(1)} of its range`;
  return of === "file"
    ? `verified: it gives what the original gives, ${near}\n`
    : `verified, but for the gates that passes changed: with the gates that were found, lowered again, it gives what the original gives, ${near}\n`;
}
