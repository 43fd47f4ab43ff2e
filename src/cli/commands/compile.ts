import { count, macs } from "../../base/numbers.js";
import { oneVisibleLine } from "../../base/visible-text.js";
import { opsetText } from "../format.js";
import { halfText } from "../half-text.js";
import { insertedText } from "../inserted-text.js";
import { newGatesTable } from "../new-gates-table.js";
import { sharedOptions, specFlags, specOptions, weightsFlags, weightsOptions } from "../options.js";
import { withProgress } from "../progress.js";
import { outputText, refuseStreamed, textBeside } from "../standard-output.js";
import { swappedText } from "../swapped-text.js";
import { targetFlags, targetOptions } from "../target-flags.js";
import { weightsNotes } from "../weights-notes.js";
import { defineCommand } from "./command.js";

export const compileCommand = defineCommand({
  usage: "compile <spec>",
  doc: "Compile a spec to an ONNX file",
  positionals: {
    spec: { type: "string", demandOption: true, describe: "The spec, a JSON file; - reads it from stdin" },
  },
  options: {
    output: {
      alias: "o",
      type: "string",
      requiresArg: true,
      describe:
        "The ONNX file; - writes it to stdout [default: out/NAME.onnx, where NAME is the base name of the spec's file]",
    },
    ...weightsFlags,
    "new-gates": sharedOptions["new-gates"],
    "fit-steps": sharedOptions["fit-steps"],
    calibrate: sharedOptions.calibrate,
    preprocessing: {
      ...sharedOptions.preprocessing,
      describe: "Spec with the preprocessing of the pictures of --calibrate, instead of the model's own",
    },
    seed: sharedOptions.seed,
    opset: sharedOptions.opset,
    batch: sharedOptions["model-batch"],
    precision: sharedOptions.precision,
    "fp16-io": sharedOptions["fp16-io"],
    ...targetFlags,
    "keep-bn": sharedOptions["keep-bn"],
    "external-data": {
      type: "boolean",
      default: false,
      describe: "Write the weights to a separate file beside the model, named after its content",
    },
    "export-weights": {
      type: "string",
      requiresArg: true,
      describe: "Also write the parameters and running statistics, before folding, to this safetensors file",
    },
    insert: sharedOptions.insert,
    at: sharedOptions.at,
    passes: sharedOptions.passes,
    ...specFlags,
    resolution: {
      ...sharedOptions.resolution,
      describe: "Height and width of the input, or length of the signal [default: the spec's]",
    },
    "check-passes": {
      type: "boolean",
      default: false,
      describe: "Evaluate the network before and after each pass that must keep its values",
    },
    "print-ir-after-all": {
      type: "boolean",
      default: false,
      describe: "Print the IR on stderr after each pass",
    },
    "dump-ir": { type: "string", describe: "Write the IR after each pass to this folder" },
  },
  examples: [
    ["ecagen compile specs/b0-eca.json", "writes out/b0-eca.onnx"],
    [
      "ecagen compile b0-eca --resolution 288 -o b0-288.onnx",
      "a network that ships with ecagen, for larger images",
    ],
    [
      "ecagen compile b0-eca --set head.classes=10 --set defaults.activation=relu",
      "with some fields changed",
    ],
    ["ecagen compile - -o - < net.json > net.onnx", "in a pipe"],
    [
      "ecagen compile specs/b0-se.json --passes 'swap-attention{to=eca}' -o eca.onnx",
      "the same spec with another gate",
    ],
    [
      "ecagen compile specs/b0-se.json --weights efficientnet_b0.safetensors",
      "a checkpoint of timm or torchvision",
    ],
    [
      "ecagen compile specs/b0-se.json --weights b0.safetensors --passes 'swap-attention{to=eca}'",
      "keeps the backbone; new gates have initial weights",
    ],
    [
      "ecagen compile specs/b0-se.json --weights b0.safetensors --passes 'swap-attention{to=eca}' --new-gates fit --calibrate images.npy",
      "fits the new gates to the old ones, and prints the quality of the fit",
    ],
    [
      "ecagen compile specs/resnet50.json --weights resnet50.pth --insert eca --at 'stages=[2,3]'",
      "inserts gates; the outputs do not change",
    ],
    [
      "ecagen compile net.json --weights b0.safetensors --allow-missing 'head.classifier.*'",
      "classes that differ from the checkpoint",
    ],
    [
      "ecagen compile net.json --weights mine.pth --names-map names.json",
      "renames the weights of a checkpoint by regular expressions",
    ],
    ["ecagen compile gray.json --weights b0.safetensors --adapt-input", "images with one channel"],
    [
      "ecagen compile specs/b0-eca.json --precision fp16 -o half.onnx",
      "half precision, a file of half the size",
    ],
    [
      "ecagen compile specs/b0-eca.json --precision fp16 --fp16-io",
      "the same with float16 inputs and outputs",
    ],
    [
      "ecagen compile net.json --batch 1 --opset 13 --keep-bn",
      "for a runtime that folds BatchNormalization itself",
    ],
  ],
  async run(args) {
    refuseStreamed(args);
    const { compile } = await import("../../driver/compile/compile.js");
    const report = await withProgress((progress) =>
      compile(args.spec, {
        output: args.output,
        ...weightsOptions(args),
        newGates: args["new-gates"],
        fitSteps: args["fit-steps"],
        calibrate: args.calibrate,
        preprocessing: args.preprocessing,
        seed: args.seed,
        opset: args.opset,
        batch: args.batch,
        precision: args.precision,
        halfIo: args["fp16-io"],
        ...targetOptions(args),
        keepBatchNorm: args["keep-bn"],
        externalData: args["external-data"],
        exportWeights: args["export-weights"],
        inserts: args.insert,
        at: args.at,
        passes: args.passes,
        ...specOptions(args),
        resolution: args.resolution,
        checkPasses: args["check-passes"],
        // People don't read it; scripts do.
        digest: args.json,
        printIr: args["print-ir-after-all"] ? progress.print : undefined,
        dumpIr: args["dump-ir"],
        onProgress: progress.update,
      }),
    );
    return {
      json: report,
      notes: [...weightsNotes(report.weights), ...report.notes],
      warnings: report.warnings,
      textOn: textBeside(report),
      text() {
        const beside =
          report.externalData === undefined ? "" : ` and ${oneVisibleLine(report.externalData.file)}`;
        const gates = `${count(report.attentionParameters)} of them attention's`;
        const half = halfText(report.halfPrecision);
        const { exportedWeights: exported } = report;
        const weights =
          exported === undefined
            ? ""
            : `${oneVisibleLine(exported.file)}: ${count(exported.tensors)} tensors, ${count(exported.bytes)} bytes\n`;
        return `${outputText(report)}${beside}: ${count(report.parameters)} parameters (${gates}), ${macs(report.macs)} MACs, ${report.nodes} nodes, ${opsetText(report)}, ${count(report.bytes)} bytes\n${half}${weights}${insertedText(report.inserted)}${swappedText(report.swapped)}${newGatesTable(report.newGates)}`;
      },
    };
  },
});
