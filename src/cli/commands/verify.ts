import { sharedOptions } from "../options.js";
import { startProgress } from "../progress.js";
import { defineCommand } from "./command.js";

export const verifyCommand = defineCommand({
  usage: "verify <spec>",
  doc: "Run a spec's ONNX file and compare it with the reference interpreter",
  positionals: { spec: { type: "string", demandOption: true, describe: "The spec, a JSON file" } },
  options: {
    device: sharedOptions.device,
    against: {
      type: "string",
      default: "reference",
      describe: "What to compare with: reference; cpu; or an ONNX file that is held to the spec as well",
    },
    weights: sharedOptions.weights,
    names: sharedOptions.names,
    "allow-missing": sharedOptions["allow-missing"],
    resolution: sharedOptions.resolution,
    seed: sharedOptions.seed,
    opset: sharedOptions.opset,
    precision: sharedOptions.precision,
    target: sharedOptions.target,
    "keep-bn": sharedOptions["keep-bn"],
    passes: sharedOptions.passes,
  },
  examples: [
    ["ecagen verify specs/b0-eca.json", "compiles, runs on the CPU, compares"],
    ["ecagen verify specs/b0-eca.json --against out/b0-eca.onnx", "holds a file to its spec"],
    [
      "ecagen verify specs/resnet50.json --weights resnet50.safetensors",
      "with trained weights, as compile takes them",
    ],
    ["ecagen verify specs/b0-eca.json --precision fp16", "the same in half precision, to its tolerance"],
    ["ecagen verify specs/b7-eca.json --resolution 64", "a large network on small images"],
  ],
  async run(args) {
    const [{ verify }, { weightsNotes }, progress] = await Promise.all([
      import("../../driver/verify.js"),
      import("../weights-notes.js"),
      startProgress(),
    ]);
    try {
      const report = await verify(args.spec, {
        device: args.device,
        against: args.against,
        weights: args.weights,
        names: args.names,
        allowMissing: args["allow-missing"],
        resolution: args.resolution,
        seed: args.seed,
        opset: args.opset,
        precision: args.precision,
        target: args.target,
        keepBatchNorm: args["keep-bn"],
        passes: args.passes,
        onProgress: progress.update,
      });
      return {
        json: report,
        notes: weightsNotes(report.weights),
        ok: report.ok,
        async text() {
          const { verifyText } = await import("../report-verify.js");
          return verifyText(report);
        },
      };
    } finally {
      progress.stop();
    }
  },
});
