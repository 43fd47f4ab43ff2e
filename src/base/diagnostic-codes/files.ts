import type { CodeFamily } from "./family.js";

/** What is wrong with files: ONNX files, weights, images, arrays, and whatever is written. */
export const fileCodes = {
  file: {
    about: "Files",
    refused: {
      "no-folder": "A folder can't be made, read or written to. The message has the system's reason.",
      "not-a-file": "The path names a folder or a device where a file is written. Name a file.",
      same: "What is written would go over a file that was read, or two outputs have one name. Give it another name.",
      stream:
        "Something can't go to standard output, which takes one file and nothing else. Name a file with `-o`.",
      unreadable: "A file can't be read. The message has the system's reason.",
      unwritable: "A file can't be written. The message has the system's reason.",
    },
  },
  onnx: {
    about: "ONNX files",
    refused: {
      elements:
        "A tensor's elements are no numbers that ecagen reads, and a number is needed. `rewrite` keeps them.",
      external:
        "A tensor lies in a file of its own, and its element type can't be copied from there. Put it into the model.",
      initializer: "A stored tensor contradicts itself. The file is damaged: write or download it again.",
      "no-graph":
        "The graph contradicts itself: the message names the node. The file is damaged, or its exporter is.",
      "no-model":
        "The file is no ONNX model, or a damaged one. The message says what it is, where that can be told.",
      batch: "A network that selects boxes in one image is asked for with another batch.",
      "not-an-operator": "An op of the network is no ONNX operator. Its lowering pass must come before.",
      opset: "The opset is one that ecagen doesn't know. The message has those that it does.",
      output: "A value can't be an output of an ONNX file: an output is named once, and computed.",
      "too-large": "One file holds at most 2 GiB. `--external-data` writes the weights beside it.",
      "unknown-operator":
        "An operator that ecagen doesn't compute stands where a number is needed. `rewrite` keeps it as it is.",
      "unknown-structure":
        "The file's blocks are none that a spec says. `ecagen inspect` shows those that were found.",
      unsupported: "An operator is used in a way that ecagen doesn't compute. The message names the node.",
    },
    warned: {
      "assumed-size":
        "The file leaves sizes open. Shapes, counts and runs are those of the sizes in the message. --input-shape gives others.",
      "input-defaults":
        "Inputs of the file have default values. They are taken for weights, and no other value can be given.",
      "newer-format":
        "The file is of a newer format than ecagen knows. What is new in it is copied, and not looked at.",
      "open-size":
        "The file is no network at the sizes that ecagen takes for open ones. They stay open, and what depends on them is not known. --input-shape gives sizes.",
      "open-map":
        "Height and width of an input are open, so no gate is found there. Export it with fixed ones.",
    },
  },
  weights: {
    about: "Weights",
    refused: {
      "ambiguous-names": "The names in the file fit two frameworks. `--names` says which it is.",
      dtype: "A tensor has elements that are no float32 numbers here. Convert it before.",
      folder: "The folder must have one index of shards or one .safetensors file. Name the file.",
      "idle-pattern": "A pattern of names matches nothing. `*` stands for any characters.",
      key: "The file has no tensors under that key. The hint lists the keys that it has.",
      "left-over":
        "A tensor of the file has no parameter in the network. `--allow-missing` lets it stay unused.",
      missing:
        "A parameter of the network has no tensor in the file. `--allow-missing` lets it keep its initial value.",
      name: "A tensor's name can't be written to the file. The message says why.",
      names: "How well the file's names fit the network; what doesn't fit is listed beside it.",
      "no-own-names": "`--names spec` asks for the names that a spec says, and it says none.",
      "no-spec": "`weights convert` needs the network: `--spec FILE`.",
      npy: "The file is no .npy file that can be read. The hint has the line of NumPy that writes one.",
      npz: "The file is no .npz file that can be read. The hint has the line of NumPy that writes one.",
      "other-setting":
        "The spec has another setting than the weights were trained with. Set it, or give `--allow-other-settings`.",
      safetensors: "The file is no valid safetensors file. Write or download it again.",
      shape:
        "A tensor has another shape than its parameter. The spec describes another network than the file.",
      shards:
        "The index of shards and the shards don't belong together. Keep them in one folder, as published.",
      torch:
        "The file of PyTorch can't be read. The hint has the lines of Python that save its weights in a file that can.",
      "unknown-format":
        "The file is no file of tensors that ecagen knows. The message says what it is, where that can be told; the hint how to get the right one.",
      "names-map":
        "The file of `--names-map` is no JSON object of regular expressions and replacements, or gives two names one.",
      "unknown-names": "The file doesn't hold this network's parameters under any names that ecagen knows.",
      unnamed: "A framework has no name for a parameter of the network. Choose other `--names`.",
      zip: "The file is a zip archive that can't be read. Write or download it again.",
    },
    warned: {
      "not-finite": "Weights are NaN or infinite, and so is what depends on them. Take others.",
    },
  },
  image: {
    about: "Images",
    refused: {
      format:
        "The name of a picture that is to be drawn says no format that is written. The hint lists those.",
      "no-decoder":
        "Images are read and drawn by the package sharp, which is not there. `npm install sharp` adds it.",
      "not-drawn": "The picture can't be drawn. The message has the reason of the package that draws it.",
      unreadable: "The file is no image that can be read: PNG, JPEG, WebP, GIF, TIFF and AVIF are.",
    },
  },
} as const satisfies Readonly<Record<string, CodeFamily>>;
