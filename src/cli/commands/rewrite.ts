import { InputError } from "../../base/diagnostic.js";
import { count, macs } from "../../base/numbers.js";
import { oneVisibleLine } from "../../base/visible-text.js";
import type { BenchReport } from "../../driver/bench/report.js";
import type { RewriteReport } from "../../driver/rewrite/rewrite.js";
import { choiceTable } from "../choice-table.js";
import { label, opsetText, table, tensorName } from "../format.js";
import { halfText } from "../half-text.js";
import { insertedText } from "../inserted-text.js";
import { newGatesTable } from "../new-gates-table.js";
import { sharedOptions } from "../options.js";
import { withProgress } from "../progress.js";
import { benchText } from "../report-bench.js";
import { uncountedText } from "../report-counts.js";
import { opaqueText } from "../report-inspect.js";
import { outputText, refuseStreamed, textBeside } from "../standard-output.js";
import { swappedText } from "../swapped-text.js";
import { targetFlags, targetOptions } from "../target-flags.js";
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
      describe: "The rewritten file; - writes it to stdout [default: none, for use with --explain]",
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
        "Write an SVG chart of the networks that NEW=auto considered: parameters and error of the outputs",
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
      describe: "List the gates of the file, and near misses with their reasons",
    },
    verify: {
      type: "boolean",
      default: true,
      describe: "Compare with the original, for passes that must keep the values; --no-verify skips this",
    },
    "new-gates": sharedOptions["new-gates"],
    "fit-steps": sharedOptions["fit-steps"],
    calibrate: sharedOptions.calibrate,
    preprocessing: {
      ...sharedOptions.preprocessing,
      describe: "Spec with the preprocessing of the pictures of --calibrate, instead of the model's own",
    },
    seed: sharedOptions.seed,
    batch: {
      ...sharedOptions["model-batch"],
      describe: "Fix a dynamic batch to this number [default: it stays dynamic]",
    },
    "input-shape": {
      ...sharedOptions["input-shape"],
      describe:
        "Shape of an input with dynamic sizes, for analysis and verification: x=1x3x320x320; the file keeps them dynamic",
    },
    input: sharedOptions.input,
    precision: sharedOptions.precision,
    "fp16-io": sharedOptions["fp16-io"],
    ...targetFlags,
    bench: {
      type: "boolean",
      describe: "With -o: also time the original and the result in turn, on the CPU",
    },
    "external-data": {
      type: "boolean",
      describe:
        "Write the weights to a separate file beside the model, named after its content [default: if the original has one]",
    },
    "print-ir-after-all": {
      type: "boolean",
      default: false,
      describe: "Print the IR on stderr after each pass",
    },
  },
  examples: [
    ["ecagen rewrite seresnet50.onnx --explain", "lists the gates and near misses in the file"],
    ["ecagen rewrite seresnet50.onnx --swap se=eca -o ecaresnet50.onnx", "swaps every SE gate for ECA"],
    [
      "ecagen rewrite b0.onnx --swap se=eca --new-gates fit --calibrate images.npy -o b0-eca.onnx",
      "fits the new gates to the old ones",
    ],
    [
      "ecagen rewrite b0.onnx --swap se=eca --new-gates fit --calibrate photos/ --preprocessing b0-se -o b0-eca.onnx",
      "the same with a folder of pictures",
    ],
    [
      "ecagen rewrite resnet50.onnx --insert eca --at blocks=residual -o resnet50-eca.onnx",
      "inserts gates; the outputs do not change",
    ],
    [
      "ecagen rewrite b0.onnx --swap se=auto --budget cosine=0.999 --calibrate pictures/ -o b0-auto.onnx --curve curve.svg",
      "swaps each gate for the smallest one within the budget, and draws the alternatives",
    ],
    [
      "ecagen rewrite b0.onnx --passes 'swap-attention{from=se,to=eca,at={stages=[4,5,6]}}' -o late.onnx",
      "only in the later stages",
    ],
    ["ecagen rewrite model.onnx --passes simplify -o small.onnx", "folds constants and shape computations"],
    [
      "ecagen rewrite detector.onnx --swap se=eca --input-shape image=1x3x640x640 -o eca.onnx",
      "an ONNX file with dynamic sizes",
    ],
    ["ecagen rewrite model.onnx --precision fp16 --batch 1 -o half.onnx", "half precision, a batch of one"],
    ["ecagen rewrite model.onnx --precision fp16 --fp16-io -o half.onnx", "with float16 inputs and outputs"],
  ],
  async run(args) {
    refuseStreamed(args);
    if (args.bench && (args.output === undefined || args.output === "-"))
      throw InputError.of("cli/usage", "--bench times the file that is written, and there is no -o", {
        hint: "-o out.onnx",
      });
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
        ...targetOptions(args),
        externalData: args["external-data"],
        digest: args.json,
        printIr: args["print-ir-after-all"] ? progress.print : undefined,
        onProgress: progress.update,
      }),
    );
    const timed = args.bench ? await benched(args, report) : undefined;
    return {
      json: { ...report, ...(timed === undefined ? {} : { bench: timed }) },
      notes: report.notes,
      warnings: report.warnings,
      textOn: textBeside(report),
      text() {
        const explained = args.explain ? explanation(report) : "";
        return `${explained}${summary(report)}${choiceTable(report.choice, args.curve)}${newGatesTable(report.newGates)}${timed === undefined ? "" : `\n${benchText(timed)}`}`;
      },
    };
  },
});

/** The original and the result, timed in turn. */
async function benched(
  { model, batch, threads, ...flags }: RewriteArguments,
  { output = "" }: RewriteReport,
): Promise<BenchReport> {
  const { bench } = await import("../../driver/bench/bench.js");
  return withProgress((progress) =>
    bench([model, output], {
      threads,
      batches: typeof batch === "number" ? [batch] : undefined,
      inputShapes: flags["input-shape"],
      inputValues: flags.input,
      onProgress: progress.update,
    }),
  );
}

/** What of the flags the timing takes. */
interface RewriteArguments {
  readonly model: string;
  readonly batch: number | "dynamic" | undefined;
  readonly threads: number | undefined;
  readonly "input-shape": readonly string[] | undefined;
  readonly input: readonly string[] | undefined;
}

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
    ? `verified: its outputs are those of the original, ${near}\n`
    : `verified, but for the gates that passes changed: with the gates that were found, lowered again, its outputs are those of the original, ${near}\n`;
}
