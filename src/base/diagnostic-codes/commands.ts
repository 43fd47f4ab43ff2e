import type { CodeFamily } from "./family.js";

/** What commands can't do as they were asked. */
export const commandCodes = {
  cli: {
    about: "The command line",
    refused: {
      usage: [
        "The command or one of its flags is wrong.",
        "Read the message, and `ecagen COMMAND --help` for the flags and examples.",
      ],
    },
  },
  library: {
    about: "Functions of the library",
    refused: {
      input: [
        "The argument of a function is not a path, a spec object, `{ text }`, bytes of an ONNX model or `{ bytes, file }`, or the function doesn't accept this form.",
        "The hint lists what it takes. Pass a text as `{ text }`: a string is a path.",
      ],
      "external-data": [
        "A model that is given as bytes has numbers in other files, or external data is asked for where no file is written.",
        "Give the model's path instead of its bytes, or name an output.",
      ],
    },
  },
  flag: {
    about: "Flags that others make useless, or that don't fit the model",
    refused: {
      idle: [
        "`--set` sets a field that other fields of the spec override, so the network stays the same.",
        "Set the fields that override it, such as those of the stages. `ecagen resolve SPEC` prints all fields.",
      ],
      "input-shape": [
        "`--input-shape` names an input that the model does not have, or sizes that the input can't have.",
        "Give sizes that fit what the file declares; the message has it.",
      ],
      set: [
        "`--set` names no field of the spec that can be set, or a value that the field can't have.",
        "Write it as the hint shows. `ecagen resolve SPEC` prints all fields.",
      ],
      unused: [
        "A flag has no effect here: it is about compiling and an ONNX file is taken as it is, or it is about weights or models that were not given.",
        "Leave the flag out. The message gives the reason.",
      ],
    },
  },
  init: {
    about: "`ecagen init`",
    refused: { exists: ["The file exists, and `init` writes over nothing.", "Name another file."] },
  },
  list: {
    about: "`ecagen list`",
    refused: {
      attention: [
        "No spec that ships with ecagen has gates of that type.",
        "Use the nearest type, which the hint names.",
      ],
    },
  },
  tables: {
    about: "`ecagen tables`",
    refused: { paper: ["There are no tables of that paper.", "Use one of the papers that the hint lists."] },
  },
  rewrite: {
    about: "`ecagen rewrite`",
    refused: {
      auto: [
        "`--swap KIND=auto` was used without `--calibrate`, or together with another swap or start.",
        "Give images with `--calibrate`, and no other `--swap` or `--new-gates`.",
      ],
      batch: [
        "The file has a fixed batch, which can't be changed.",
        "Leave `--batch` out, or export the file with an open batch.",
      ],
      budget: [
        "The text of `--budget` is not a budget, or no network meets it.",
        "Write `cosine=0.999`, `parameters=-80%` or `metric=-0.4`; loosen it if the message reports that nothing meets it.",
      ],
      metric: [
        "The program of `--metric` failed, or printed no number.",
        "Run it by hand with a model's path as its last argument: it must print one number.",
      ],
      "no-gate": [
        "The file has no gate that can be swapped.",
        "Run with `--explain` to list the near misses, with reasons.",
      ],
      "open-size": [
        "The passes need the size of the maps, and the file leaves it open.",
        "Export the file with a fixed height and width.",
      ],
      swap: ["The text of `--swap` is not a pair of kinds.", "Write `se=eca`, or `se=none` to remove gates."],
    },
    failed: {
      differs: [
        "The rewritten network computes something else than the original, so nothing was written.",
        "Report it with the file: a pass that must keep values does not. `--no-verify` writes it anyway.",
      ],
      "not-comparable": [
        "The rewritten network can't be compared with the original.",
        "Write it without a comparison with `--no-verify`, and check it yourself.",
      ],
      refused: [
        "ONNX Runtime loads the original and refuses the rewritten file, so nothing was written.",
        "Report it with the file, or leave out the pass that the message names.",
      ],
    },
    warned: {
      "not-loaded": [
        "ONNX Runtime refuses the original too, so nothing has loaded the file that was written.",
        "Load it in the runtime that you use.",
      ],
      "quantized-gate": [
        "A gate between QuantizeLinear and DequantizeLinear was swapped. The new gate computes in float, and the comparison with the original does not cover it.",
        "To have quantized gates, swap them in the float model and quantize that.",
      ],
    },
  },
  "new-gates": {
    about: "How swapped gates start",
    refused: {
      kind: ["That start exists for ECA and SE gates only.", "Use `--new-gates init`."],
      "no-inputs": [
        "That start follows what the old gates do with images, and there are none.",
        "Give images with `--calibrate`.",
      ],
      none: ["No pass swapped a gate, so there are no new gates.", "Leave `--new-gates` out, or add a swap."],
      together: [
        "`--fit-steps` needs derivatives of the outputs, and there are none: the message has the op, or another reason.",
        "Leave the flag out: each gate is fitted by itself then.",
      ],
    },
  },
  calibrate: {
    about: "Inputs to calibrate with",
    refused: {
      dtype: [
        "The array's elements are no floating-point numbers.",
        "Scale the images as in training, and save them as float32.",
      ],
      empty: ["The folder or file contains no images.", "Name a folder or file with images, or `random:16`."],
      format: [
        "The file holds tensors but no images, as files of weights do.",
        "Give an .npy or .npz file, a picture, a folder of either, or `random:16`.",
      ],
      inputs: ["The network has several inputs, and calibration feeds one.", "Use `--new-gates init`."],
      mixed: ["The folder has arrays and pictures.", "Put each kind into a folder of its own."],
      "not-finite": ["An element of the array is NaN or infinite.", "Remove that image, or fix its numbers."],
      random: [
        "`random:N` is not followed by a number of images within the limits.",
        "Write a number within the limits of the message, as `random:16`.",
      ],
      shape: [
        "The array does not have the shape of the network's input.",
        "Give images of the network's size; the message has both shapes.",
      ],
      "too-many": [
        "The pictures need more memory than is reasonable.",
        "Give fewer. Some dozens are enough.",
      ],
    },
  },
  graph: {
    about: "Pictures of networks",
    refused: {
      form: ["The output's ending is not a picture format.", "Name a file that ends in `.svg` or `.dot`."],
      "too-large": [
        "The picture has too many nodes for the layout.",
        "Use `--level block`, or write a `.dot` file, which has no limit.",
      ],
    },
  },
  sweep: {
    about: "Sweeps",
    refused: {
      base: ["A base of the sweep can't be opened.", "Fix the problem in the message."],
      field: [
        "An axis is not a field of a spec or a key of docs/sweeps.md, or doesn't apply to this base.",
        "Name a field of the spec; `ecagen resolve SPEC` prints all.",
      ],
      locked: [
        "Another run writes these results.",
        "Wait for it. If a run on another machine left the lock, remove that file.",
      ],
      merge: ["The files are not parts of one sweep.", "Give `sweep merge` the results of one sweep file."],
      number: [
        "A constraint or an aim of `front` can't be read, or names nothing that is counted.",
        "Write it as docs/sweeps.md shows, with one of the counted numbers.",
      ],
      "other-sweep": [
        "The file has the results of another sweep, or of this one before it was changed.",
        "Give another `-o`.",
      ],
      picture: ["The picture of a sweep is written as `.svg`.", "Name such a file."],
      queue: [
        "`--queue` is not the URL of a Redis server.",
        "Write `redis://HOST:PORT`, or `rediss://` for TLS.",
      ],
      range: ["A range of values has no end, or ends before it begins.", "Correct its limits."],
      results: ["The file holds no results of a sweep, and nothing is overwritten.", "Name another file."],
      shard: ["`--shard` is not a part of all.", "Write it as `2/8`."],
      size: [
        "There are too many combinations for a grid, or too few for the sample.",
        "Take some of the combinations with `sample`, or fewer where the sample is too large.",
      ],
    },
    warned: {
      missing: [
        "Not all variants are in the files that were joined.",
        "Run `ecagen sweep` with the result as `-o`: it computes the others.",
      ],
      variants: [
        "Some variants could not be made. The exit code is 1 where none could.",
        "Read the reasons in the rows with the status `error`.",
      ],
      verify: [
        "The verification of a variant failed, or can't tell. The exit code is 1.",
        "Run `ecagen verify` with the variant's flags for the details.",
      ],
    },
  },
  ecagen: {
    about: "ecagen itself",
    defect: {
      defect: [
        "ecagen has a bug; your input is not to blame.",
        "Please report it, with the message and the input.",
      ],
    },
    warned: {
      more: ["Not all problems are shown.", "Fix these, and run the command again."],
    },
  },
} as const satisfies Readonly<Record<string, CodeFamily>>;
