import type { CodeFamily } from "./family.js";

/** What is wrong with files: ONNX files, weights, images, arrays, and whatever is written. */
export const fileCodes = {
  file: {
    about: "Files",
    refused: {
      "no-folder": [
        "A folder can't be created, read or written to.",
        "Mend what the system's reason in the message says, or name another folder.",
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
      unreadable: ["A file can't be read.", "Mend what the system's reason in the message says."],
      unwritable: [
        "A file can't be written.",
        "Mend what the system's reason in the message says, or name another file.",
      ],
    },
  },
  onnx: {
    about: "ONNX files",
    refused: {
      elements: [
        "A tensor has elements that ecagen can't read as numbers, and numbers are needed.",
        "Use `rewrite`, which keeps such tensors as they are, or convert the tensor.",
      ],
      external: [
        "A tensor is stored in a separate file, with an element type that can't be copied from there.",
        "Save the model with that tensor inside.",
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
        "The file is no ONNX model, or is damaged.",
        "Export or download it again. The message says what the file is, where that can be told.",
      ],
      batch: [
        "A network that selects boxes in one image was asked for with another batch.",
        "Use `--batch 1`, or leave it out.",
      ],
      "not-an-operator": ["An op of the network is no ONNX operator.", "Run its lowering pass before."],
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
        "ecagen does not compute an operator, and its result is needed.",
        "Use `rewrite`, which keeps it, or `verify --against`.",
      ],
      "unknown-structure": [
        "No spec can describe the blocks of the file.",
        "See with `ecagen inspect` which blocks are in the way.",
      ],
      unsupported: [
        "An operator is used in a way that ecagen does not compute.",
        "Export the node that the message names in another form, or use `rewrite`, which keeps it.",
      ],
    },
    warned: {
      "assumed-size": [
        "The file leaves sizes open. Shapes, counts and runs are those of the sizes in the message.",
        "Give other sizes with `--input-shape`.",
      ],
      "input-defaults": [
        "Inputs of the file have default values. They are taken as weights.",
        "Nothing, if that is right. To feed them, remove their defaults from the file.",
      ],
      "newer-format": [
        "The file has a newer format than ecagen knows. What is new is copied unread.",
        "Nothing, if the result loads in your runtime; else save the file in an older format.",
      ],
      "open-size": [
        "The network is not valid at the sizes that ecagen assumes for open ones, so they stay open.",
        "Give sizes with `--input-shape`.",
      ],
      "open-map": [
        "Height and width of an input are open, so no gate is found there.",
        "Export the file with fixed ones.",
      ],
    },
  },
  weights: {
    about: "Weights",
    refused: {
      "ambiguous-names": ["The names in the file fit two frameworks.", "Say which with `--names`."],
      dtype: ["A tensor has elements that can't become float32.", "Convert it before."],
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
      names: ["A summary of how well the file's names fit the network.", "Mend what is listed beside it."],
      "no-own-names": [
        "`--names spec` was used, and the spec has no `names`.",
        "Add `names` to the spec, or choose other `--names`.",
      ],
      "no-spec": ["`weights convert` does not know the network.", "Give it with `--spec FILE`."],
      npy: [
        "The file is no .npy file that can be read.",
        "Write it again with the line of NumPy in the hint.",
      ],
      npz: [
        "The file is no .npz file that can be read.",
        "Write it again with the line of NumPy in the hint.",
      ],
      "other-setting": [
        "The spec has another setting than the weights were trained with.",
        "Set it as the hint says, or accept the difference with `--allow-other-settings`.",
      ],
      safetensors: ["The file is no valid safetensors file.", "Save or download it again."],
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
        "Get the right file as the hint says; the message says what this one is, where that can be told.",
      ],
      "names-map": [
        "The file of `--names-map` is no JSON object of regular expressions and replacements, or gives two tensors one name.",
        "Mend the rule that the message names.",
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
        "Weights are NaN or infinite, and so is what depends on them.",
        "Take another checkpoint.",
      ],
    },
  },
  image: {
    about: "Images",
    refused: {
      format: [
        "The name of the picture to draw has an ending that is not written.",
        "Use one of the endings that the hint lists.",
      ],
      "no-decoder": [
        "Images are read and drawn by the package sharp, which is not installed.",
        "Run `npm install sharp`.",
      ],
      "not-drawn": [
        "The picture can't be drawn, for the reason in the message.",
        "Mend that, or leave `--draw` out.",
      ],
      unreadable: [
        "The file is no image that can be read.",
        "Convert it to PNG, JPEG, WebP, GIF, TIFF or AVIF.",
      ],
    },
  },
} as const satisfies Readonly<Record<string, CodeFamily>>;
