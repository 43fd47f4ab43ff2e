import { fileKind } from "./file-kinds.js";

/** A model, or the weights of one, in a format that is neither a spec nor ONNX. */
export interface OtherModel {
  /** `a TensorFlow Lite model` */
  readonly is: string;
  /** How to get an ONNX file of it, or what else to do with it. */
  readonly hint: string;
}

/** One kind of such files. `to` is the ONNX file that a conversion writes. */
interface Kind {
  readonly endings: readonly string[];
  readonly is: string;
  hint(file: string, to: string): string;
}

const weights = (file: string): string =>
  `weights go with a spec: ecagen compile SPEC --weights ${shellWord(file)}`;
const python = (what: string, ...lines: readonly string[]): string =>
  [`${what}, in Python:`, ...lines.map((line) => `    ${line}`)].join("\n");
const keras = (file: string, to: string): string =>
  python(
    "Keras 3.8 and later exports it as ONNX",
    "import keras",
    `keras.saving.load_model(${JSON.stringify(file)}).export(${JSON.stringify(to)}, format="onnx")`,
  );
const sameNetwork = (): string =>
  "export the network that it was made from as ONNX, with torch.onnx.export or tf2onnx";

const KINDS: readonly Kind[] = [
  {
    endings: [".tflite", ".lite"],
    is: "a TensorFlow Lite model",
    hint: (file, to) =>
      `tf2onnx converts it: python -m tf2onnx.convert --tflite ${shellWord(file)} --output ${shellWord(to)}`,
  },
  {
    endings: [".pt2"],
    is: "a program of torch.export",
    hint: (file, to) =>
      python(
        "PyTorch 2.6 and later exports it as ONNX",
        "import torch",
        `program = torch.export.load(${JSON.stringify(file)})`,
        `torch.onnx.export(program, (), ${JSON.stringify(to)}, dynamo=True)`,
      ),
  },
  { endings: [".mlmodel", ".mlpackage", ".mlmodelc"], is: "a Core ML model", hint: sameNetwork },
  { endings: [".engine", ".plan", ".trt"], is: "a TensorRT engine", hint: sameNetwork },
  { endings: [".pte"], is: "a program of ExecuTorch", hint: sameNetwork },
  { endings: [".keras"], is: "a Keras model", hint: keras },
  { endings: [".h5", ".hdf5"], is: "an HDF5 file, as Keras writes", hint: keras },
  {
    endings: [".pb"],
    is: "a graph of TensorFlow",
    hint: () => "tf2onnx converts the SavedModel that it is of: name the folder",
  },
  {
    endings: [".pdmodel"],
    is: "a Paddle model",
    hint: (_, to) => `paddle2onnx converts it: paddle2onnx --model_dir FOLDER --save_file ${shellWord(to)}`,
  },
  {
    endings: [".pt", ".pth", ".ckpt"],
    is: "a file of PyTorch",
    hint: (file) => `${weights(file)}; a whole network is exported as ONNX, with torch.onnx.export`,
  },
  { endings: [".safetensors", ".npz"], is: "a file of weights", hint: weights },
];

/**
 * What a file is that is neither a spec nor an ONNX file, by the ending of its name and its first bytes. Undefined for what is no model of any kind, as
 * a web page, and for a text that may be a spec whatever its name.
 *
 * @param start the file's first bytes, or nothing of a folder
 */
export function otherModel(file: string, start?: Uint8Array): OtherModel | undefined {
  const found = start === undefined ? undefined : fileKind(start);
  // What was not downloaded whole is no model.
  if (found?.hint !== undefined || found?.isText === true) return undefined;
  const name = file.toLowerCase().replace(/[/\\]+$/, "");
  const kind = KINDS.find(({ endings }) => endings.some((ending) => name.endsWith(ending)));
  if (kind !== undefined) return { is: kind.is, hint: kind.hint(file, onnxName(file)) };
  return found?.asOnnx === undefined ? undefined : { is: found.is, hint: found.asOnnx };
}

/** A folder that is a model of another format; `has` says whether a file is in it. */
export function otherModelFolder(folder: string, has: (name: string) => boolean): OtherModel | undefined {
  if (!has("saved_model.pb")) return otherModel(folder);
  const [from, to] = [folder, onnxName(folder)].map(shellWord);
  const hint = `tf2onnx converts it: python -m tf2onnx.convert --saved-model ${from} --output ${to}`;
  return { is: "a SavedModel of TensorFlow", hint };
}

function onnxName(file: string): string {
  return `${file.replace(/[/\\]+$/, "").replace(/\.\w+$/, "")}.onnx`;
}

/** A path as a shell reads it. */
function shellWord(path: string): string {
  return /^[\w./:@%+=-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
