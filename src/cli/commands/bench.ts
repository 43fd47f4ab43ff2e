import { InputError } from "../../base/diagnostic.js";
import {
  formatFlag,
  sharedOptions,
  sizeFlags,
  sizeOptions,
  specFlags,
  specOptions,
  wholeNumber,
  wholeNumbers,
} from "../options.js";
import { withProgress } from "../progress.js";
import { benchCsv, benchTables, benchText, besideBench } from "../report-bench.js";
import { defineCommand } from "./command.js";

export const benchCommand = defineCommand({
  usage: "bench <models..>",
  doc: "Compare the speed of models, which run alternately and in several processes",
  positionals: {
    models: { type: "string", array: true, demandOption: true, describe: "Specs or ONNX files" },
  },
  options: {
    device: sharedOptions.device,
    threads: {
      type: "number",
      requiresArg: true,
      coerce: wholeNumber("threads", 1, 1024),
      describe: "Threads of the CPU provider [default: ONNX Runtime's choice]",
    },
    batch: {
      type: "string",
      requiresArg: true,
      coerce: wholeNumbers("batch", 1, 65536),
      describe: "Batches to time: 1,8 [default: 1, or those of the files]",
    },
    ...sizeFlags,
    ...specFlags,
    input: sharedOptions.input,
    processes: {
      type: "number",
      requiresArg: true,
      default: 5,
      coerce: wholeNumber("processes", 1, 1000),
      describe: "Number of processes; the intervals of the ratios are computed from their differences",
    },
    runs: {
      type: "number",
      requiresArg: true,
      default: 10,
      coerce: wholeNumber("runs", 1, 1e6),
      describe: "Timed runs of each model in each process",
    },
    warmup: {
      type: "number",
      requiresArg: true,
      default: 3,
      coerce: wholeNumber("warmup", 0, 1e6),
      describe: "Untimed runs before those",
    },
    profile: { type: "boolean", default: false, describe: "Add the time of each operator" },
    ...formatFlag,
    csv: { type: "boolean", default: false, describe: "Print comma-separated values instead of the table" },
    "allow-cpu-nodes": sharedOptions["allow-cpu-nodes"],
    "allow-tf32": sharedOptions["allow-tf32"],
    timeout: sharedOptions.timeout,
  },
  examples: [
    ["ecagen bench specs/b0-se.json specs/b0-eca.json specs/b0-none.json", "the cost of attention"],
    ["ecagen bench ocr.onnx --input-shape x=1x3x48x320", "an ONNX file with dynamic sizes"],
    [
      "ecagen bench silero_vad.onnx --input-shape input=1x512 --input sr=16000",
      "an input that needs a specific number",
    ],
    ["ecagen bench out/b0-se.onnx out/b0-eca.onnx --device webgpu --batch 1,8 --profile", "on the GPU"],
  ],
  async run(args) {
    if (args.csv && (args.json || args.profile || args.format !== "text")) {
      throw InputError.of(
        "cli/usage",
        `--csv prints one table of numbers, and can't be given with --${args.json ? "json" : args.profile ? "profile" : "format"}`,
      );
    }
    const { bench } = await import("../../driver/bench/bench.js");
    const report = await withProgress((progress) =>
      bench(args.models.map(String), {
        device: args.device,
        threads: args.threads,
        batches: args.batch,
        ...sizeOptions(args),
        ...specOptions(args),
        inputValues: args.input,
        processes: args.processes,
        runs: args.runs,
        warmup: args.warmup,
        profile: args.profile,
        allowCpuNodes: args["allow-cpu-nodes"],
        allowTf32: args["allow-tf32"],
        timeout: args.timeout,
        onProgress: progress.update,
      }),
    );
    return {
      json: report,
      warnings: report.warnings,
      text: () => (args.csv ? benchCsv(report) : benchText(report)),
      tables: { all: () => benchTables(report) },
      beside: () => besideBench(report),
    };
  },
});
