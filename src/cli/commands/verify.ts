import {
  formatFlag,
  realNumber,
  sharedOptions,
  sizeFlags,
  sizeOptions,
  specFlags,
  specOptions,
  weightsFlags,
  weightsOptions,
  wholeNumbers,
} from "../options.js";
import { withProgress } from "../progress.js";
import { besideVerify, verifyTables, verifyText } from "../report-verify.js";
import { targetFlags, targetOptions } from "../target-flags.js";
import { weightsNotes } from "../weights-notes.js";
import { defineCommand } from "./command.js";

export const verifyCommand = defineCommand({
  usage: "verify <model>",
  doc: "Run a spec's ONNX file, or a given one, and compare it with the reference interpreter",
  positionals: {
    model: {
      type: "string",
      demandOption: true,
      describe: "The spec, a JSON file; or an ONNX file; - reads a spec from stdin",
    },
  },
  options: {
    device: sharedOptions.device,
    against: {
      type: "string",
      default: "reference",
      describe:
        "Reference for the comparison: reference (the interpreter), cpu, or an ONNX file that must give the same outputs",
    },
    "per-block": {
      type: "boolean",
      default: false,
      describe: "Also compare the output of each block, and name the first block that differs",
    },
    "allow-undecided": {
      type: "boolean",
      default: false,
      describe: 'Exit with 0 also if the verdict is "can\'t tell"',
    },
    "allow-cpu-nodes": sharedOptions["allow-cpu-nodes"],
    "allow-tf32": sharedOptions["allow-tf32"],
    batch: {
      type: "string",
      requiresArg: true,
      coerce: wholeNumbers("batch", 1, 65536),
      describe: "Batches to run: 1,8 [default: 1,2]",
    },
    seeds: {
      type: "string",
      requiresArg: true,
      coerce: wholeNumbers("seeds", 0, 2 ** 31 - 1),
      describe: "Seeds of the random inputs: 0,1,2 [default: that of --seed]",
    },
    atol: {
      type: "number",
      requiresArg: true,
      coerce: realNumber("atol", "0 on"),
      describe: "With --atol or --rtol, |difference| <= atol + rtol * |reference| must hold at each element",
    },
    rtol: {
      type: "number",
      requiresArg: true,
      coerce: realNumber("rtol", "0 on"),
      describe: "See --atol",
    },
    timeout: sharedOptions.timeout,
    ...weightsFlags,
    ...sizeFlags,
    ...specFlags,
    input: sharedOptions.input,
    seed: sharedOptions.seed,
    opset: sharedOptions.opset,
    ...formatFlag,
    precision: sharedOptions.precision,
    "fp16-io": sharedOptions["fp16-io"],
    ...targetFlags,
    "keep-bn": sharedOptions["keep-bn"],
    passes: sharedOptions.passes,
  },
  examples: [
    ["ecagen verify specs/b0-eca.json", "compiles, runs on the CPU, compares"],
    ["ecagen verify specs/b0-eca.json --device webgpu", "on the GPU; fails if a node ran elsewhere"],
    [
      "ecagen verify specs/b0-eca.json --against out/b0-eca.onnx --per-block",
      "compares an ONNX file with its spec",
    ],
    ["ecagen verify out/b0-eca.onnx --device auto --against cpu", "compares the best device with the CPU"],
    ["ecagen verify specs/resnet50.json --weights resnet50.safetensors", "with trained weights"],
    ["ecagen verify specs/b0-eca.json --precision fp16", "in half precision, with its tolerance"],
    ["ecagen verify specs/b7-eca.json --resolution 64", "a large network with small images"],
    [
      "ecagen verify detector.onnx --input-shape image=1x3x320x320 --input-shape im_shape=1x2",
      "an ONNX file with dynamic sizes",
    ],
  ],
  async run(args) {
    const { toleranceText, verify } = await import("../../driver/verify/verify.js");
    const report = await withProgress((progress) =>
      verify(args.model, {
        device: args.device,
        against: args.against,
        perBlock: args["per-block"],
        allowCpuNodes: args["allow-cpu-nodes"],
        allowTf32: args["allow-tf32"],
        batches: args.batch,
        seeds: args.seeds,
        atol: args.atol,
        rtol: args.rtol,
        timeout: args.timeout,
        ...weightsOptions(args),
        ...sizeOptions(args),
        ...specOptions(args),
        inputValues: args.input,
        seed: args.seed,
        opset: args.opset,
        precision: args.precision,
        halfIo: args["fp16-io"],
        ...targetOptions(args),
        keepBatchNorm: args["keep-bn"],
        passes: args.passes,
        onProgress: progress.update,
      }),
    );
    return {
      json: report,
      notes: weightsNotes(report.weights),
      warnings: report.warnings,
      ok: report.ok || (args["allow-undecided"] && report.verdict === "undecided"),
      text: () => verifyText(report, toleranceText(report.tolerance)),
      tables: { all: () => verifyTables(report) },
      beside: () => besideVerify(report, toleranceText(report.tolerance)).join(""),
    };
  },
});
