import type { CodeFamily } from "./family.js";

/** What commands can't do as they were asked. */
export const commandCodes = {
  cli: {
    about: "The command line",
    refused: { usage: "The command or one of its flags is wrong. `ecagen COMMAND --help` explains each." },
  },
  flag: {
    about: "Flags that others make useless, or that don't fit the model",
    refused: {
      "input-shape":
        "A shape of --input-shape is for an input that the model lacks, or has sizes that the input can't have. The message has what the file declares.",
      set: "`--set` names no field of the spec that can be set, or no value. The hint has the form; `ecagen resolve` prints a spec in full.",
      unused:
        "A flag changes nothing here: it is about compiling, and an ONNX file is taken as it is; or about weights or models that are not there. The message says why. Take it out.",
    },
  },
  init: {
    about: "`ecagen init`",
    refused: { exists: "The file is there already, and nothing is written over. Name another." },
  },
  list: {
    about: "`ecagen list`",
    refused: {
      attention: "No spec that ships with ecagen has gates of that kind. The hint names the nearest.",
    },
  },
  tables: {
    about: "`ecagen tables`",
    refused: { paper: "There are no tables of that paper. The hint lists those that there are." },
  },
  run: {
    about: "`ecagen run`, and running models at all",
    refused: {
      "not-drawn": "Nothing can be drawn: the model finds no boxes, or is given no picture or several.",
      batch: "The batch is too large for one tensor. Take a smaller one.",
      dtype:
        "The model takes elements of another type than those given, and the hint has the conversion; or it takes or gives sequences, maps or texts, which ecagen does not run.",
      failed: "ONNX Runtime started the model and gave up. The message has its reason.",
      labels: "Labels are no names of classes, or not as many as the output has.",
      metadata: "What the file says of its images is not what ecagen writes. Compile the spec again.",
      "input-value":
        "What --input gives an input is no number of its type. It takes NAME=NUMBER, as sr=16000.",
      "no-array": "The .npz file has no array of the input's name. The hint lists its arrays.",
      "no-image": "The input takes no images. Give it an .npy file.",
      "no-input": "An input of the model is given nothing. The hint has the flag.",
      outputs: "Two outputs would go to one file. Give each its own.",
      preprocessing: "The model's preprocessing is for another number of channels than its input has.",
      refused: "ONNX Runtime refuses the model. The message has its reason.",
      several: "Several arrays are given for one input. Put them into one.",
      shape: "The array has another shape than the input. The hint says what differs.",
      "unknown-name": "The model has no input or output of that name. The hint names the nearest.",
      which: "The model has several inputs or outputs. Say which the file is for.",
    },
    failed: { timeout: "The time that was given is over. `--timeout` gives more." },
  },
  verify: {
    about: "`ecagen verify`",
    refused: {
      against: "`--against` takes `reference`, `cpu` or an ONNX file.",
      batches: "There is no batch to run. Give at least one.",
      "no-reference":
        "The reference interpreter can't compute the file. `--against` compares it with something else.",
      seeds: "There is no seed of inputs to run. Give at least one.",
      tolerance: "A tolerance is a number from 0 on.",
    },
  },
  bench: {
    about: "`ecagen bench`",
    refused: {
      batch: "The model's batch is fixed at another size. Compile it with `--batch dynamic`.",
      models: "There is no model to time. Name one.",
      profile: "WebAssembly writes no profile. `--profile` is for onnxruntime-node.",
      resolution: "The file's sizes are fixed. The network of a spec can be built at any.",
    },
    failed: {
      placement: "A part of the model would run on the CPU. `--allow-cpu-nodes` accepts that.",
    },
  },
  rewrite: {
    about: "`ecagen rewrite`",
    refused: {
      auto: "`--swap KIND=auto` chooses among all gates of a kind and fits them: it needs `--calibrate`, and goes with no other swap or start.",
      batch: "The file has a fixed batch, which can't become another.",
      budget: "`--budget` says no budget, or one that can't be kept to.",
      metric: "The program of `--metric` failed or printed no number.",
      "no-gate": "The file has no gate that could be swapped. `--explain` says what was nearly one.",
      "open-size":
        "The passes need the size of the maps, and the file leaves it open. Export it with a fixed one.",
      swap: "`--swap` takes two kinds of gates: `se=eca`, or `se=none` to remove them.",
    },
    failed: {
      differs: "The rewritten network computes something else than the original. Nothing is written.",
      "not-comparable":
        "The rewritten network can't be compared with the original. `--no-verify` writes it without that.",
      refused: "ONNX Runtime refuses the rewritten file, and not the original. Nothing is written.",
    },
    warned: {
      "not-loaded": "ONNX Runtime refuses the original too, so nothing has loaded what is written.",
      "quantized-gate":
        "A gate between QuantizeLinear and DequantizeLinear was exchanged. The new one computes in float, and the comparison with the original leaves the old one as it was.",
    },
  },
  "new-gates": {
    about: "How swapped gates start",
    refused: {
      kind: "That start is for ECA and SE gates alone. Others start as `--new-gates init` says.",
      "no-inputs": "That start follows what the old gates do with images. `--calibrate` gives them.",
      none: "No pass swapped a gate, so there is no new one to start.",
      together:
        "`--fit-steps` moves all gates by the derivatives of the outputs, and there are none: the message has the op, or what else is in the way. Without the flag each gate is fitted by itself.",
    },
  },
  calibrate: {
    about: "Inputs to calibrate with",
    refused: {
      dtype: "The array's elements are no floating-point numbers. Scale images as in training.",
      empty: "There is no image in what was given.",
      format:
        "The file holds tensors and no images, as weights do. `--calibrate` takes an .npy or .npz file, a picture, a folder of either, or `random:16`.",
      inputs: "The network has several inputs, and calibration feeds one.",
      mixed: "The folder has arrays and pictures. Put each kind into one of its own.",
      "not-finite": "An element of the array is NaN or infinite.",
      random: "`random:N` takes a number of images. The message has its limits.",
      shape: "The array is not of the network's input. The message has both shapes.",
      "too-many": "The pictures are more than memory should hold. Some dozens are enough.",
    },
  },
  codegen: {
    about: "`ecagen codegen`",
    refused: {
      "changed-files": "Generated files were changed by hand, and would be written over. `--force` does it.",
      "element-type": "An input or output is not float32, which the generated package takes.",
      "external-data": "The model's weights are in files of their own, and a program holds one file.",
      "foreign-files": "Files are in the way that ecagen did not generate. `--force` writes over them.",
      "foreign-folder":
        "The folder has files that ecagen did not generate. `--force` writes into it all the same.",
      inserted:
        "A gate was put behind what is no module of PyTorch's own, as a layer that heads share. Put it behind another layer.",
      lowered:
        "A pass took apart what a module to train needs whole. Leave it out; compile does it by itself.",
      manifest:
        "A template has the name of the file in which ecagen lists what it generated. Give it another.",
      "no-classifier": "A page shows classes of pictures, and the network makes none.",
      "no-templates": "The folder of templates has none. docs/templates.md says how they are named.",
      "open-sizes":
        "An input or output has no batch, or open sizes beside it, and the network is no detector of one image. Fix them.",
      "own-templates": "The output would be in the folder of the templates. Write it elsewhere.",
      "page-batch": "A page runs one picture at a time. Leave `--batch` out.",
      reshaped: "A framework stores a parameter in another shape than the module. Leave `--names` out.",
      "variant-weights":
        "`--variant-weights` names a variant that is not there, or a language without variants.",
      what: "What to generate is not said, or said twice: give either `--lang` or `--templates`.",
    },
    warned: { "no-variant": "A variant of the network can't be made. The page goes without it." },
  },
  templates: {
    about: "Templates of your own",
    refused: {
      circle: "A part has itself in it. Break the circle that the message shows.",
      "file-name": "The name of a file, filled in, is no name of a file. `name.kebab` always is one.",
      list: "A tag names a list as if it were one value. A section goes through its items.",
      "no-escape": "Any text may stand there, and ecagen knows no escape for files of that ending.",
      object: "A tag names something of several values. The hint lists them.",
      "same-file": "Two templates would write the same file. Rename one.",
      syntax: "The template can't be read. The place is that of the mistake.",
      "unknown-name": "There is no such value. The hint names the nearest; docs/templates.md lists all.",
      "unknown-part": "There is no such part. The hint has the file that it would be.",
    },
  },
  graph: {
    about: "Pictures of networks",
    refused: {
      form: "A picture is written as `.svg` or `.dot`. Name such a file.",
      "too-large":
        "The picture has too many nodes to be laid out. `--level block` has fewer; `.dot` has no limit.",
    },
  },
  sweep: {
    about: "Sweeps",
    refused: {
      base: "A base of the sweep can't be opened. The message has the reason.",
      field:
        "What is varied is no field of a spec and none of the words of docs/sweeps.md, or says nothing of this base.",
      locked:
        "Another run writes these results. Wait for it; a lock that a run on another machine left is a file to remove.",
      merge: "These files are not parts of one sweep. `sweep merge` joins those of one sweep file.",
      number: "A constraint or an aim of `front` can't be read, or is about nothing that is counted.",
      "other-sweep":
        "The file has the results of another sweep, or of this one before it was changed. Give another `-o`.",
      range: "A range of values has no end, or ends before it begins.",
      results: "The file holds no results of a sweep. Give another name; nothing is written over.",
      shard: "`--shard` takes a part of all, as `2/8`.",
      size: "There are too many combinations for a grid, or too few for the sample. `sample` takes some of them.",
    },
    warned: {
      missing:
        "Not all variants are in the files that were joined. `ecagen sweep` with the result as `-o` computes the others.",
      variants:
        "Some variants could not be made. Their rows have the status `error` and say why. The exit code is 1 where none could.",
      verify:
        "The verification of a variant failed, or can't tell. `ecagen verify` with its flags says more. The exit code is 1.",
    },
  },
  device: {
    about: "Devices",
    missing: {
      unavailable:
        "The device can't run models here. The hint says what is missing; `ecagen doctor` shows all.",
    },
  },
  ecagen: {
    about: "ecagen itself",
    defect: {
      defect: "Something in ecagen is wrong, and not your input. Please report it with the message.",
    },
    warned: { more: "There are more problems than are shown. Mend the first ones." },
  },
} as const satisfies Readonly<Record<string, CodeFamily>>;
