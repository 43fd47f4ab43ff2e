import { count } from "../../base/numbers.js";
import { oneVisibleLine } from "../../base/visible-text.js";
import { LANGUAGES } from "../../driver/command-line.js";
import { sharedOptions, sizeFlags, sizeOptions, specFlags, specOptions, weightsOptions } from "../options.js";
import { withProgress } from "../progress.js";
import { targetFlags, targetOptions } from "../target-flags.js";
import { weightsNotes } from "../weights-notes.js";
import { defineCommand } from "./command.js";

export const codegenCommand = defineCommand({
  usage: "codegen <model>",
  doc: "Generate a program that runs or trains a network",
  positionals: {
    model: {
      type: "string",
      demandOption: true,
      describe: "A spec, or an ONNX file; - reads a spec from stdin",
    },
  },
  options: {
    lang: {
      choices: LANGUAGES,
      describe:
        "ts: a package for Node.js and browsers; pytorch: a module and its training program; web: a page that compares SE, ECA and no gates; json: the data for templates",
    },
    templates: {
      type: "string",
      requiresArg: true,
      describe: "Folder with your own Mustache templates, instead of --lang: see docs/templates.md",
    },
    output: {
      alias: "o",
      type: "string",
      requiresArg: true,
      demandOption: true,
      describe: "Output folder; created if missing",
    },
    force: {
      type: "boolean",
      default: false,
      describe: "Overwrite files that ecagen did not generate, or that were changed afterwards",
    },
    weights: sharedOptions.weights,
    "variant-weights": {
      type: "string",
      array: true,
      nargs: 1,
      describe: "With --lang web: trained weights of one variant, instead of --weights: eca=FILE",
    },
    names: {
      ...sharedOptions.names,
      describe:
        "Names of the weights in --weights and in a PyTorch module's state_dict [default: detected in the file, ecagen's in the module]",
    },
    "names-map": sharedOptions["names-map"],
    "adapt-input": sharedOptions["adapt-input"],
    "allow-missing": sharedOptions["allow-missing"],
    "weights-key": sharedOptions["weights-key"],
    "allow-other-settings": sharedOptions["allow-other-settings"],
    seed: sharedOptions.seed,
    insert: sharedOptions.insert,
    at: sharedOptions.at,
    passes: sharedOptions.passes,
    ...sizeFlags,
    ...specFlags,
    opset: sharedOptions.opset,
    batch: sharedOptions["model-batch"],
    precision: sharedOptions.precision,
    "fp16-io": sharedOptions["fp16-io"],
    ...targetFlags,
    "keep-bn": sharedOptions["keep-bn"],
  },
  examples: [
    ["ecagen codegen specs/b0-eca.json --lang ts -o b0-eca", "a TypeScript package with the ONNX file in it"],
    ["ecagen codegen model.onnx --lang ts -o model", "the same for an ONNX file of any framework"],
    [
      "ecagen codegen mobilenet.onnx --lang pytorch -o mobilenet",
      "a PyTorch module with weights, from an ONNX file with recognised blocks",
    ],
    [
      "ecagen codegen specs/b0-eca.json --lang pytorch -o b0-eca-train",
      "a PyTorch module with a training loop",
    ],
    [
      "ecagen codegen specs/b0-se.json --weights b0.pth --passes 'swap-attention{to=eca}' --lang pytorch -o b0-eca",
      "the same with distill.py: the new gates learn from the old ones, without labels",
    ],
    [
      "ecagen codegen specs/resnet50.json --weights resnet50.pth --insert eca --lang pytorch -o resnet50-eca",
      "a trained network with inserted gates, for fine-tuning",
    ],
    [
      "ecagen codegen specs/b0-se.json --lang pytorch --names timm -o b0-train",
      "a module that loads and saves timm's state_dict",
    ],
    ["ecagen codegen specs/b0-eca.json --templates my-templates -o b0-card", "files from your own templates"],
    [
      "ecagen codegen specs/b0-se.json --lang ts -o b0 --weights efficientnet_b0.safetensors",
      "the same with trained weights",
    ],
    [
      "ecagen codegen specs/b0-se.json --lang web -o b0-page --weights se.pt --variant-weights eca=eca.pt",
      "a web page, with separately trained SE and ECA variants",
    ],
  ],
  async run(args) {
    const { codegen } = await import("../../driver/codegen/codegen.js");
    const report = await withProgress((progress) =>
      codegen(args.model, {
        language: args.lang,
        templates: args.templates,
        output: args.output,
        force: args.force,
        ...weightsOptions(args),
        variantWeights: args["variant-weights"],
        seed: args.seed,
        inserts: args.insert,
        at: args.at,
        passes: args.passes,
        ...sizeOptions(args),
        ...specOptions(args),
        opset: args.opset,
        batch: args.batch,
        precision: args.precision,
        halfIo: args["fp16-io"],
        ...targetOptions(args),
        keepBatchNorm: args["keep-bn"],
        onProgress: progress.update,
      }),
    );
    return {
      json: report,
      notes: [
        ...weightsNotes(report.weights),
        ...(report.variants ?? [])
          .slice(1)
          .flatMap(({ id, weights }) => weightsNotes(weights).map((note) => `${id}: ${note}`)),
      ],
      warnings: report.warnings,
      text: () =>
        report.files.map(({ path, bytes }) => `${oneVisibleLine(path)}: ${count(bytes)} bytes\n`).join(""),
    };
  },
});
