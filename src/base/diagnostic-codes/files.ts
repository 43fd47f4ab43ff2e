import type { CodeFamily } from "./family.js";

/** What is wrong with files: ONNX files, weights, images, arrays, and whatever is written. */
export const fileCodes = {
  file: {
    about: "Files",
    refused: {
      "no-folder": [
        "A folder can't be created, read or written to.",
        "Fix the problem that the message reports, or name another folder.",
      ],
      "not-a-file": ["The path is a folder or a device, and a file is written.", "Name a file."],
      same: [
        "An output would overwrite a file that was read, or two outputs have one name.",
        "Name another file.",
      ],
      stream: [
        "An output can't go to standard output, which takes one file and nothing else.",
        "Name a file with `-o`.",
      ],
      unreadable: ["A file can't be read.", "Fix the problem that the message reports."],
      unwritable: [
        "A file can't be written.",
        "Fix the problem that the message reports, or name another file.",
      ],
    },
  },
  onnx: {
    about: "ONNX files",
    refused: {
      elements: [
        "A tensor has elements that ecagen can't read as numbers, but needs as numbers.",
        "Use `rewrite`, which keeps such tensors as they are, or convert the tensor.",
      ],
      external: [
        "A tensor is stored in a separate file, with an element type that can't be copied from there.",
        "Save the model with this tensor inside the file.",
      ],
      initializer: [
        "A stored tensor contradicts itself, so the file is damaged.",
        "Export or download it again.",
      ],
      "no-graph": [
        "The graph contradicts itself: the message names the node.",
        "Export or download the file again; if it stays so, report it to the exporter.",
      ],
      "no-model": [
        "The file is not an ONNX model, or is damaged.",
        "Export or download it again. The message names the file's format, if it is known.",
      ],
      batch: [
        "A network that selects boxes in one image was asked for with another batch.",
        "Use `--batch 1`, or leave it out.",
      ],
      "not-an-operator": ["An op of the network is not an ONNX operator.", "Run its lowering pass first."],
      opset: ["ecagen does not know that opset.", "Use one of those in the message."],
      output: [
        "A value can't be an output of an ONNX file, as outputs are computed and have one name each.",
        "Make another value the output.",
      ],
      "too-large": [
        "The file would be larger than the 2 GiB that ONNX allows.",
        "Use `--external-data`, which writes the weights to a separate file.",
      ],
      "unknown-operator": [
        "ecagen can't compute an operator whose result is needed.",
        "Use `rewrite`, which keeps it, or `verify --against`.",
      ],
      "unknown-structure": [
        "No spec can describe the blocks of the file.",
        "`ecagen inspect` shows the blocks that are not recognised.",
      ],
      unsupported: [
        "An operator is used in a way that ecagen does not compute.",
        "Export the node that the message names in another form, or use `rewrite`, which keeps it.",
      ],
    },
    warned: {
      "assumed-size": [
        "The file has dynamic sizes. Shapes, counts and runs use the sizes in the message.",
        "Give other sizes with `--input-shape`.",
      ],
      "input-defaults": [
        "Inputs of the file have default values. They are treated as weights.",
        "None, if this is intended. To feed them, remove their defaults from the file.",
      ],
      "newer-format": [
        "The file has a newer format than ecagen knows. Unknown fields are copied unchanged.",
        "None, if the result loads in your runtime; otherwise save the file in an older format.",
      ],
      "open-size": [
        "The network is not valid at the sizes that ecagen assumes for dynamic ones, so they stay dynamic.",
        "Give sizes with `--input-shape`.",
      ],
      "open-map": [
        "Height and width of an input are dynamic, so no gates are found there.",
        "Export the file with fixed sizes.",
      ],
      "training-mode": [
        "BatchNormalizations or Dropouts of the file are in training mode. The generated module is in that mode after `model.train()` only.",
        "None, if this is intended; otherwise export the network after `model.eval()`.",
      ],
    },
  },
  weights: {
    about: "Weights",
    refused: {
      "ambiguous-names": ["The names in the file fit two frameworks.", "Choose one with `--names`."],
      dtype: ["A tensor has elements that can't be converted to float32.", "Convert it first."],
      folder: ["The folder has no index of shards, and not exactly one .safetensors file.", "Name the file."],
      "idle-pattern": [
        "A pattern of names matches nothing.",
        "Correct it, or leave it out. `*` matches any characters.",
      ],
      key: ["The file has no tensors under that key.", "Use one of the keys that the hint lists."],
      "left-over": [
        "A tensor of the file has no parameter in the network.",
        "Check that the spec is that of the weights, or leave the tensor unused with `--allow-missing`.",
      ],
      missing: [
        "A parameter of the network has no tensor in the file.",
        "Check that the spec is that of the weights, or keep its initial value with `--allow-missing`.",
      ],
      name: [
        "A tensor's name can't be written to the file, for the reason in the message.",
        "Rename the tensor.",
      ],
      names: ["A summary of how well the file's names fit the network.", "Fix the problems listed with it."],
      "no-own-names": [
        "`--names spec` was used, and the spec has no `names`.",
        "Add `names` to the spec, or choose other `--names`.",
      ],
      "no-spec": ["`weights convert` does not know the network.", "Give it with `--spec FILE`."],
      npy: ["The file is not a readable .npy file.", "Write it again with the line of NumPy in the hint."],
      npz: ["The file is not a readable .npz file.", "Write it again with the line of NumPy in the hint."],
      "other-setting": [
        "The spec has another setting than the weights were trained with.",
        "Set it as the hint shows, or accept the difference with `--allow-other-settings`.",
      ],
      safetensors: ["The file is not a valid safetensors file.", "Save or download it again."],
      shape: [
        "A tensor has another shape than its parameter, so the spec describes another network than the file.",
        "Correct the spec; the message has both shapes.",
      ],
      shards: [
        "The index of shards and the shards don't belong together.",
        "Keep them in one folder, as they were published.",
      ],
      torch: [
        "The PyTorch file can't be read.",
        "Save its weights again with the lines of Python in the hint.",
      ],
      "unknown-format": [
        "The file has no format of tensors that ecagen knows.",
        "Get the right file as the hint shows; the message names this file's format, if it is known.",
      ],
      "names-map": [
        "The file of `--names-map` is not a JSON object of regular expressions and replacements, or gives two tensors one name.",
        "Fix the rule that the message names.",
      ],
      "unknown-names": [
        "The file does not hold the network's parameters under any names that ecagen knows.",
        "Rename them with `--names-map FILE.json`, or pair them with `--names order`.",
      ],
      unnamed: ["The framework has no name for a parameter of the network.", "Choose other `--names`."],
      zip: ["The file is a zip archive that can't be read.", "Save or download it again."],
    },
    warned: {
      "not-finite": [
        "Weights are NaN or infinite, and so are the results that depend on them.",
        "Use another checkpoint.",
      ],
    },
  },
  image: {
    about: "Images",
    refused: {
      format: [
        "The picture's name has an unsupported ending.",
        "Use one of the endings that the hint lists.",
      ],
      "no-decoder": [
        "Reading and drawing images needs the package sharp, which is not installed.",
        "Run `npm install sharp`.",
      ],
      "not-drawn": [
        "The picture can't be drawn, for the reason in the message.",
        "Fix this, or omit `--draw`.",
      ],
      unreadable: ["The file is not a readable image.", "Convert it to PNG, JPEG, WebP, GIF, TIFF or AVIF."],
    },
  },
} as const satisfies Readonly<Record<string, CodeFamily>>;
