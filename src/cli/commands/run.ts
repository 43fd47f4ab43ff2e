import {
  realNumber,
  sharedOptions,
  sizeFlags,
  sizeOptions,
  specFlags,
  specOptions,
  weightsFlags,
  weightsOptions,
} from "../options.js";
import { runNotes, runText } from "../report-run.js";
import { weightsNotes } from "../weights-notes.js";
import { defineCommand } from "./command.js";

export const runCommand = defineCommand({
  usage: "run <model> [inputs..]",
  doc: "Run a model on .npy files or images",
  positionals: {
    model: { type: "string", demandOption: true, describe: "An ONNX file, or a spec" },
    inputs: { type: "string", array: true, describe: "Files as for --input" },
  },
  options: {
    input: {
      alias: "i",
      type: "string",
      array: true,
      nargs: 1,
      describe:
        "An .npy or .npz file or an image; several images make a batch; NAME=FILE for one of several inputs",
    },
    output: {
      alias: "o",
      type: "string",
      array: true,
      nargs: 1,
      describe: "The .npy file for the output; NAME=FILE for one of several outputs",
    },
    ...sizeFlags,
    ...specFlags,
    device: sharedOptions.device,
    preprocessing: sharedOptions.preprocessing,
    draw: {
      type: "string",
      requiresArg: true,
      describe: "Write a picture (.png, .jpg, .webp) with the boxes, labels and masks of a detector",
    },
    "min-score": {
      type: "number",
      requiresArg: true,
      coerce: realNumber("min-score", "0 on"),
      describe: "Leave out detections with a lower score [default: 0]",
    },
    labels: {
      type: "string",
      requiresArg: true,
      describe: "Names of the classes: a text file with one name per line, or a JSON list",
    },
    ...weightsFlags,
    passes: sharedOptions.passes,
    timeout: sharedOptions.timeout,
    seed: { ...sharedOptions.seed, default: undefined },
  },
  examples: [
    ["ecagen run out/b0-eca.onnx --input x.npy --output y.npy", "arrays in and out"],
    ["ecagen run out/b0-eca.onnx cat.jpg dog.png --labels imagenet.txt", "a batch of two images"],
    [
      "ecagen run specs/b0-se.json cat.jpg --weights efficientnet_b0.safetensors",
      "a spec with trained weights",
    ],
    [
      "ecagen run segmenter.onnx street.jpg --input-shape x=1x3x512x1024",
      "an image, for a model with dynamic sizes",
    ],
    [
      "ecagen run mask-rcnn.onnx street.jpg --labels coco.json --min-score 0.5 --draw found.png",
      "the detections as a table and as a picture",
    ],
    ["ecagen run two.onnx --input left=a.npy --input right=b.npy --device auto", "inputs by name"],
  ],
  async run(args) {
    const { run } = await import("../../driver/run/run.js");
    const report = await run(args.model, {
      inputs: [...(args.inputs ?? []), ...(args.input ?? [])],
      outputs: args.output,
      device: args.device,
      labels: args.labels,
      preprocessing: args.preprocessing,
      draw: args.draw,
      minScore: args["min-score"],
      ...weightsOptions(args),
      passes: args.passes,
      ...sizeOptions(args),
      ...specOptions(args),
      timeout: args.timeout,
      seed: args.seed,
    });
    return {
      json: report,
      warnings: report.warnings,
      notes: [...weightsNotes(report.weights), ...runNotes(report)],
      text: () => runText(report),
    };
  },
});
