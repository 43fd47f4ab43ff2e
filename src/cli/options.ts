import type { InferredOptionTypes, Options } from "yargs";
import { DEVICE_NAMES, NAME_KINDS, NEW_GATE_STARTS, OPSETS, PRECISIONS } from "../driver/command-line.js";
import { FORMATS } from "./tables/forms.js";

/** Flags that several commands have, together so that they mean the same everywhere. */
export const sharedOptions = {
  "model-batch": {
    type: "string",
    requiresArg: true,
    coerce: batchSize,
    describe: "Batch size: a number, or dynamic [default: dynamic; 1 for models that select boxes]",
  },
  json: { type: "boolean", default: false, describe: "Print one JSON document on stdout and nothing else" },
  insert: {
    type: "string",
    array: true,
    nargs: 1,
    describe:
      "Gates to insert: eca, {type=se,reduction=16}; they start as the identity, so the outputs do not change",
  },
  at: {
    type: "string",
    array: true,
    nargs: 1,
    describe:
      "Where to insert gates: after=depthwise, blocks=residual, stages=[2,3], position=post, path=/layer4/**, or several of these [default: one in each block]",
  },
  passes: {
    type: "string",
    requiresArg: true,
    describe:
      "More passes after the spec's own, as text: swap-attention{to=eca},remove-attention{at={stages=[0]}}",
  },
  resolution: {
    type: "number",
    requiresArg: true,
    coerce: wholeNumber("resolution", 1, 8192),
    describe:
      "Height and width of the input, or length of a signal; for an ONNX file only if they are dynamic [default: the spec's; 224]",
  },
  "input-shape": {
    type: "string",
    array: true,
    nargs: 1,
    describe: "Shape of an input with dynamic sizes: x=1x3x320x320; once per input",
  },
  input: {
    type: "string",
    array: true,
    nargs: 1,
    describe:
      "Numbers for an input instead of random ones: one for all elements, such as a sampling rate, sr=16000, or one for each: axes=0,2",
  },
  seed: {
    type: "number",
    requiresArg: true,
    coerce: wholeNumber("seed", 0, 2 ** 31 - 1),
    default: 0,
    describe: "Seed of the initial weights",
  },
  opset: {
    type: "number",
    requiresArg: true,
    coerce: wholeNumber("opset", OPSETS.first, OPSETS.last),
    default: OPSETS.default,
    describe: `ONNX operator set, ${OPSETS.first} to ${OPSETS.last}`,
  },
  precision: {
    requiresArg: true,
    choices: PRECISIONS,
    default: "fp32" as const,
    describe:
      "Precision of the model; fp16 keeps sums over maps and softmax in fp32, and inputs and outputs unless --fp16-io",
  },
  "fp16-io": {
    type: "boolean",
    describe: "With --precision fp16: also make inputs and outputs float16",
  },
  device: {
    requiresArg: true,
    choices: [...DEVICE_NAMES, "auto"] as const,
    default: "cpu" as const,
    describe: "Device that runs the model; auto selects the first one that works on this machine",
  },
  timeout: {
    type: "number",
    requiresArg: true,
    coerce: realNumber("timeout", "above 0"),
    describe: "Stop after this many seconds, with exit code 1",
  },
  "allow-cpu-nodes": {
    type: "boolean",
    default: false,
    describe: "Accept nodes that run on the CPU because the device has no kernel for them",
  },
  "allow-tf32": {
    type: "boolean",
    default: false,
    describe: "Allow TF32 on CUDA: float32 products with a mantissa of 10 bits",
  },
  "keep-bn": {
    type: "boolean",
    default: false,
    describe: "Keep BatchNormalization nodes instead of folding them",
  },
  weights: {
    type: "string",
    requiresArg: true,
    describe: "Trained weights, a file or folder; the names are detected",
  },
  names: {
    requiresArg: true,
    choices: [...NAME_KINDS, "order"] as const,
    describe:
      "Names of the weights [default: detected]; order pairs tensors by order and shape, spec uses the spec's `names`",
  },
  "names-map": {
    type: "string",
    requiresArg: true,
    describe: 'JSON file of regular expressions that rename weights: { "^layer(\\d)": "stages.$1" }',
  },
  "adapt-input": {
    type: "boolean",
    describe:
      "Adapt the weights of an RGB stem to another number of channels, by summing or repeating as in timm",
  },
  "allow-missing": {
    type: "string",
    array: true,
    nargs: 1,
    describe:
      "Parameters that may keep their initial values, and tensors that may stay unused; * matches any characters",
  },
  "allow-other-settings": {
    type: "boolean",
    describe:
      "Accept weights whose names imply an ε, padding, activation or preprocessing that differs from the spec's",
  },
  "weights-key": {
    type: "string",
    requiresArg: true,
    describe:
      "Key of the weights in a PyTorch checkpoint [default: averaged weights such as state_dict_ema, else state_dict or similar]",
  },
  "new-gates": {
    choices: NEW_GATE_STARTS,
    default: "init" as const,
    describe:
      "Start of swapped gates: initial weights, constants that keep the mean response, or fitted to the old gates",
  },
  "fit-steps": {
    type: "number",
    requiresArg: true,
    coerce: wholeNumber("fit-steps", 0, 100_000),
    describe:
      "With --new-gates fit: steps in which all gates are fitted together, to the outputs [default: 40 for pictures or arrays, unless that takes too long]",
  },
  calibrate: {
    type: "string",
    requiresArg: true,
    describe:
      "Inputs to fit new gates with: an .npy or .npz file, a picture, a folder of either, or random:N",
  },
  preprocessing: {
    type: "string",
    requiresArg: true,
    describe: "Spec with the preprocessing of images, instead of the model's own",
  },
} as const satisfies Record<string, Options>;

/** The flags of commands that print tables. */
export const formatFlag = {
  format: {
    requiresArg: true,
    choices: FORMATS,
    default: "text" as const,
    describe: "Format of tables: text, md (Markdown), csv with plain numbers, latex (booktabs)",
  },
  wide: {
    type: "boolean",
    default: false,
    describe: "Don't truncate long cells to the width of the terminal",
  },
} as const satisfies Record<string, Options>;

/** The flag that sets fields of specs, at every command that takes one. */
export const specFlags = {
  set: {
    type: "string",
    array: true,
    nargs: 1,
    describe:
      "Set a field of the spec: input.height=288, stages[2].attention=eca, head.classes=10; null removes it; can be repeated",
  },
} as const satisfies Record<string, Options>;

/** Its values, as the driver takes them. */
export function specOptions({ set }: InferredOptionTypes<typeof specFlags>) {
  return { changes: { set } };
}

/** The flags about the sizes of inputs. */
export const sizeFlags = {
  resolution: sharedOptions.resolution,
  "input-shape": sharedOptions["input-shape"],
} as const;

/** Their values, as the driver takes them. */
export function sizeOptions(args: InferredOptionTypes<typeof sizeFlags>) {
  return { resolution: args.resolution, inputShapes: args["input-shape"] };
}

/** The flags about trained weights. */
export const weightsFlags = {
  weights: sharedOptions.weights,
  names: sharedOptions.names,
  "names-map": sharedOptions["names-map"],
  "adapt-input": sharedOptions["adapt-input"],
  "allow-missing": sharedOptions["allow-missing"],
  "weights-key": sharedOptions["weights-key"],
  "allow-other-settings": sharedOptions["allow-other-settings"],
} as const;

/** Their values, as the driver takes them. */
export function weightsOptions(args: InferredOptionTypes<typeof weightsFlags>) {
  return {
    weights: args.weights,
    names: args.names,
    namesMap: args["names-map"],
    adaptInput: args["adapt-input"],
    allowMissing: args["allow-missing"],
    weightsKey: args["weights-key"],
    allowOtherSettings: args["allow-other-settings"],
  };
}

/** Reads a flag's whole number from `least` to `most`; yargs turns the error into a usage error. */
export function wholeNumber(
  flag: string,
  least: number,
  most: number,
): (value: unknown) => number | undefined {
  return (value) => {
    if (value === undefined) return undefined;
    if (typeof value !== "number" || !Number.isInteger(value) || value < least || value > most) {
      throw new Error(`--${flag} takes one whole number from ${least} to ${most}`);
    }
    return value;
  };
}

/** Reads a flag's list of whole numbers from `least` to `most`, separated by commas. */
export function wholeNumbers(
  flag: string,
  least: number,
  most: number,
): (value: unknown) => readonly number[] | undefined {
  const one = wholeNumber(flag, least, most);
  return (value) => {
    if (value === undefined) return undefined;
    if (Array.isArray(value)) throw new Error(`--${flag} is given twice`);
    const parts = String(value).split(",");
    if (parts.some((part) => part.trim() === "")) throw new Error(`--${flag} takes whole numbers, as 1,8`);
    return parts.map((part) => one(Number(part)) as number);
  };
}

/** Reads a flag's number from 0 on, or above 0. */
export function realNumber(flag: string, from: "0 on" | "above 0"): (value: unknown) => number | undefined {
  return (value) => {
    if (value === undefined) return undefined;
    const least = from === "0 on" ? 0 : Number.MIN_VALUE;
    if (typeof value !== "number" || !(value >= least && value <= 1e6)) {
      throw new Error(`--${flag} takes one number ${from === "0 on" ? "from 0" : "above 0"} up to 1000000`);
    }
    return value;
  };
}

/** Reads `--batch`: a whole number, or `dynamic` for a batch that stays open. */
export function batchSize(value: unknown): number | "dynamic" | undefined {
  if (value === undefined || value === "dynamic") return value;
  return wholeNumber("batch", 1, 65536)(typeof value === "string" ? Number(value) : value);
}
