import type { CodeFamily } from "./family.js";

/** What is wrong where models are run. */
export const runCodes = {
  run: {
    about: "`ecagen run`, and running models at all",
    refused: {
      "not-drawn": [
        "Nothing can be drawn: the model finds no boxes, or was given no picture or several.",
        "Give a detector one picture, or leave `--draw` out.",
      ],
      batch: ["The batch is too large for one tensor.", "Run a smaller batch."],
      dtype: [
        "The array has another element type than the model's input; or the model takes or returns sequences, maps or texts, which ecagen does not run.",
        "Convert the array with the line of the hint.",
      ],
      failed: [
        "ONNX Runtime loaded the model and failed while running it.",
        "Read its reason in the message. With an operator in it, `ecagen inspect` shows where that operator is.",
      ],
      labels: [
        "The file holds no names of classes, or not one for each class of the output.",
        "Give one name a line, or JSON, for each class of the output.",
      ],
      metadata: [
        "What the file says about its images is not in the form that ecagen writes.",
        "Compile the spec again, or say it with `--preprocessing SPEC`.",
      ],
      "empty-input": [
        "The model declares a size of 0 for its first input, so no run of it shows anything.",
        "Nothing is to be done: there is nothing to compare.",
      ],
      "input-value": [
        "The value of `--input` is not a number of the input's type, or has another count of numbers than the input.",
        "Write NAME=NUMBER, as `--input sr=16000`, or as many numbers as the input has: `--input axes=0,2`.",
      ],
      "no-array": [
        "The .npz file has no array of the input's name.",
        "Rename the array, or name the input; the hint lists the arrays.",
      ],
      "no-image": ["The input takes no images.", "Give it an .npy file."],
      "no-input": ["An input of the model was given no file.", "Give it one with the flag of the hint."],
      outputs: ["Two outputs would be written to one file.", "Give each output its own file."],
      preprocessing: [
        "The preprocessing is for another number of channels than the input has.",
        "Give a spec with as many means and deviations as channels: `--preprocessing SPEC`.",
      ],
      refused: [
        "ONNX Runtime refuses to load the model.",
        "Read its reason in the message. `ecagen verify FILE` says whether the file itself is at fault.",
      ],
      several: ["Several arrays were given for one input.", "Put them into one array, along the batch."],
      shape: [
        "The array has another shape than the input.",
        "Reshape it; the hint names the size that differs.",
      ],
      "unknown-name": [
        "The model has no input or output of that name.",
        "Use the nearest name, which the hint has.",
      ],
      which: [
        "The model has several inputs or outputs, and the file was given for none of them.",
        "Write NAME=FILE.",
      ],
    },
    failed: { timeout: ["The time limit is over.", "Give more with `--timeout SECONDS`, or leave it out."] },
  },
  verify: {
    about: "`ecagen verify`",
    refused: {
      against: [
        "`--against` was given something else than `reference`, `cpu` or an ONNX file.",
        "Give one of these.",
      ],
      batches: ["The list of batches is empty.", "Give at least one: `--batch 1`."],
      "no-reference": [
        "The reference interpreter does not know an operator of the file.",
        "Compare with another file or device: `--against FILE.onnx`, `--against cpu`.",
      ],
      seeds: ["The list of seeds is empty.", "Give at least one: `--seeds 0`."],
      tolerance: [
        "A tolerance is not a number, or is negative.",
        "Give a number from 0 on, or leave it out: it is measured then.",
      ],
    },
  },
  bench: {
    about: "`ecagen bench`",
    refused: {
      batch: [
        "The model has a fixed batch of another size.",
        "Compile it with `--batch dynamic`, or time it with its own batch.",
      ],
      models: ["There is no model to time.", "Name at least one."],
      profile: [
        "`--profile` was asked for where models run in WebAssembly, which writes no profile.",
        "Install onnxruntime-node, or leave the flag out.",
      ],
      resolution: [
        "The file has fixed sizes.",
        "Leave `--resolution` out, or name the spec: its network can be built at any size.",
      ],
    },
    failed: {
      placement: [
        "Some nodes of the model would run on the CPU.",
        "Accept that with `--allow-cpu-nodes`, or choose another device.",
      ],
    },
  },
  device: {
    about: "Devices",
    missing: {
      unavailable: [
        "The device can't run models here.",
        "Install what the hint names; `ecagen doctor` shows all devices.",
      ],
    },
  },
} as const satisfies Readonly<Record<string, CodeFamily>>;
