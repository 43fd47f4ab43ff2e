import { compareBytes, latin1, utf8 } from "./bytes.js";

/** What a file is instead of what its name promises. */
interface FileKind {
  /** `a Git LFS pointer, not the file that it stands for` */
  readonly is: string;
  /** How to get the file that was meant, whatever its format. */
  readonly hint?: string;
  /** How to get an ONNX file of what it holds. */
  readonly asOnnx?: string;
  /** Whether it is a text. */
  readonly isText?: boolean;
}

/** How much of a file's start tells what it is. */
export const LONGEST_FILE_START = 512;

const DOWNLOAD_AGAIN = "write or download it again";
const UNPACK_IT = "unpack it first";
const EXPORT_IT = "export the network as ONNX, with torch.onnx.export";

/** Files that begin with fixed bytes, `at` a position. */
const SIGNATURES: readonly (FileKind & { readonly bytes: Uint8Array; readonly at: number })[] = [
  {
    ...{ bytes: utf8("version https://git-lfs.github.com/spec/"), at: 0 },
    is: "a Git LFS pointer, not the file that it stands for",
    hint: "`git lfs pull` gets the file",
  },
  {
    ...{ bytes: utf8("ORTM"), at: 4 },
    is: "a model in ORT format, ONNX Runtime's own",
    asOnnx: "ecagen reads ONNX: take the .onnx file that it was converted from",
  },
  {
    ...{ bytes: utf8("TFL3"), at: 4 },
    is: "a TensorFlow Lite model",
    asOnnx: "tf2onnx converts it: python -m tf2onnx.convert --tflite FILE --output FILE.onnx",
  },
  {
    ...{ bytes: utf8("PK\x03\x04"), at: 0 },
    is: "a ZIP archive, as PyTorch and NumPy write",
    asOnnx: EXPORT_IT,
  },
  {
    ...{ bytes: Uint8Array.of(0x80, 2), at: 0 },
    is: "a Python pickle, as PyTorch writes",
    asOnnx: EXPORT_IT,
  },
  ...[4, 5].map((protocol) => ({
    ...{ bytes: Uint8Array.of(0x80, protocol, 0x95), at: 0 },
    is: "a Python pickle",
    asOnnx: EXPORT_IT,
  })),
  {
    ...{ bytes: Uint8Array.of(0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a), at: 0 },
    is: "an HDF5 file, as Keras writes",
    asOnnx: "export the network as ONNX, with tf2onnx",
  },
  { ...{ bytes: Uint8Array.of(0x1f, 0x8b), at: 0 }, is: "a gzip archive", hint: UNPACK_IT },
  { ...{ bytes: utf8("ustar"), at: 257 }, is: "a tar archive", hint: UNPACK_IT },
  {
    ...{ bytes: Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59), at: 0 },
    is: "a NumPy array",
    asOnnx: "give the model's file",
  },
  { ...{ bytes: utf8("GGUF"), at: 0 }, is: "a GGUF file", asOnnx: "export the network as ONNX" },
];

/** Texts, known by how they begin after spaces and a byte order mark, whatever the case of their letters. */
const TEXTS: readonly (FileKind & { readonly begins: RegExp })[] = [
  {
    begins: /^<(!doctype html|(html|head|body)[\s>])|^<\?xml[^>]*>\s*<(!doctype html|html)/i,
    is: "a web page (HTML)",
    hint: "the address is that of a page about the file, or of a login; download the file itself",
  },
  { begins: /^<(\?xml|[a-z][\w-]*[\s>])/i, is: "an XML file", hint: DOWNLOAD_AGAIN },
  {
    // Before the object or list, and in it, there may be comments.
    begins: /^(\/\/[^\n]*\n\s*|\/\*[\s\S]*?\*\/\s*)*[{[]\s*(["{[\]}]|\/[/*])/,
    is: "a JSON file",
    asOnnx:
      "if it is a spec, ecagen compile makes an ONNX file of it; its --passes and --insert do what rewrite does",
    isText: true,
  },
];

/**
 * What a file is that its reader refuses, as far as its start tells. A list of labels may begin with `<unk>` and is no XML: only the reader
 * knows that a file is not its own.
 *
 * @param bytes the file's first bytes, `LONGEST_FILE_START` of them where it has so many
 */
export function fileKind(bytes: Uint8Array): FileKind | undefined {
  const start = bytes.subarray(0, LONGEST_FILE_START);
  if (start.length === 0) return { is: "empty", hint: DOWNLOAD_AGAIN };
  if (start.every((byte) => byte === 0)) return { is: "all zeros at its start", hint: DOWNLOAD_AGAIN };
  const signature = SIGNATURES.find(
    ({ bytes, at }) => compareBytes(start.subarray(at, at + bytes.length), bytes) === 0,
  );
  if (signature !== undefined) return signature;
  const text = latin1(start)
    .replace(/^\xef\xbb\xbf/, "")
    .trimStart();
  return TEXTS.find(({ begins }) => begins.test(text));
}
