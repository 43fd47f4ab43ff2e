import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { deflateRawSync, gzipSync } from "node:zlib";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { utf8 } from "../../src/base/bytes.js";
import { type Diagnostic, InputError } from "../../src/base/diagnostic.js";
import { fileKind, LONGEST_FILE_START } from "../../src/base/file-kinds.js";
import { compile } from "../../src/driver/compile/compile.js";
import { run } from "../../src/driver/run/run.js";
import { openModel } from "../../src/files/models/open.js";
import { readBytes } from "../../src/files/read-file.js";
import { openTensors } from "../../src/files/tensors/open.js";
import { writeNpy } from "../../src/files/tensors/write.js";
import { specNetwork } from "../../src/given/spec-file.js";
import { decodeImage } from "../../src/images/decode.js";
import { inTemporaryFolder } from "../temporary-folder.js";
import { throwsError } from "../throws.js";

const test = suite("base: what a file is instead");

const GIT_LFS = `version https://git-lfs.github.com/spec/v1
oid sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
size 21440000
`;

/** A tar archive's first block, as far as it is told by. */
const tar = new Uint8Array(512).fill(0x61);
tar.set(utf8("ustar"), 257);

for (const [name, start, is] of [
  ["nothing", new Uint8Array(0), /^empty$/],
  ["a file that was only made", new Uint8Array(600), /zeros/],
  ["a Git LFS pointer", utf8(GIT_LFS), /Git LFS pointer/],
  ["a page", utf8("<!DOCTYPE html>\n<html>"), /web page \(HTML\)/],
  ["a page in capitals after spaces", utf8("\n\n  <HTML><BODY>"), /web page \(HTML\)/],
  ["a page after a byte order mark", Uint8Array.of(0xef, 0xbb, 0xbf, ...utf8("<html>")), /web page \(HTML\)/],
  ["a page of XHTML", utf8('<?xml version="1.0"?>\n<!DOCTYPE html>'), /web page \(HTML\)/],
  ["an answer of a bucket", utf8('<?xml version="1.0"?><Error><Code>AccessDenied</Code>'), /an XML file/],
  ["an answer in JSON", utf8('{"error": "not found"}'), /a JSON file/],
  ["ORT format", Uint8Array.of(28, 0, 0, 0, ...utf8("ORTM"), 1, 2), /ORT format/],
  ["TensorFlow Lite", Uint8Array.of(28, 0, 0, 0, ...utf8("TFL3"), 1, 2), /TensorFlow Lite/],
  ["a ZIP archive", Uint8Array.of(...utf8("PK\x03\x04"), ...deflateRawSync("x")), /ZIP archive/],
  ["a pickle", Uint8Array.of(0x80, 2, 0x8a, 0x0a), /pickle/],
  ["a pickle of Python 3.8 and later", Uint8Array.of(0x80, 4, 0x95, 0, 0), /pickle/],
  ["HDF5", Uint8Array.of(0x89, ...utf8("HDF\r\n"), 0x1a, 0x0a), /HDF5/],
  ["gzip", gzipSync("x"), /gzip/],
  ["tar", tar, /tar archive/],
  ["NumPy", Uint8Array.of(0x93, ...utf8("NUMPY"), 1, 0), /NumPy array/],
] as const) {
  test(name, () => {
    const kind = fileKind(start);
    assert.match(kind?.is ?? "", is);
    assert.ok((kind?.hint ?? kind?.asOnnx ?? "").length > 5);
  });
}

test("nothing else is called anything", async () => {
  const model = await inTemporaryFolder(async (folder) => {
    const { output } = await compile("specs/small.json", { output: join(folder, "small.onnx") });
    return readBytes(output);
  });
  for (const start of [model.subarray(0, LONGEST_FILE_START), utf8("a text"), Uint8Array.of(0xff, 0xfe)])
    assert.is(fileKind(start), undefined);
});

const HTML = utf8("<!DOCTYPE html>\n<html><body>Sign in</body></html>\n");

/** What reads files of a user's, each with the name of a file that it would take. */
const READERS: Readonly<Record<string, (file: string) => unknown>> = {
  "x.json": (file) => specNetwork(file),
  "x.onnx": (file) => openModel(file),
  "x.safetensors": (file) => openTensors(file),
  "x.npy": (file) => openTensors(file),
  "x.jpg": (file) => decodeImage(file, readBytes(file)),
  "x.txt": async (file) => {
    const input = join(dirname(file), "input.npy");
    const dims = [1, 3, 32, 32];
    await writeNpy(new Map([[input, { dtype: "F32", dims, bytes: new Uint8Array(4 * 3 * 32 * 32) }]]));
    await run("specs/small.json", { inputs: [input], labels: file });
  },
};

for (const [name, read] of Object.entries(READERS)) {
  for (const [content, is] of [
    [HTML, "a web page (HTML)"],
    [utf8(GIT_LFS), "a Git LFS pointer, not the file that it stands for"],
    [new Uint8Array(600), "all zeros at its start"],
    [gzipSync("x"), "a gzip archive"],
  ] as const) {
    test(`${name}: ${is}`, () =>
      inTemporaryFolder(async (folder) => {
        const file = join(folder, name);
        writeFileSync(file, content);
        const [diagnostic, ...more] = await diagnosticsOf(() => read(file));
        assert.equal(more, []);
        assert.ok(diagnostic?.message.endsWith(`: it is ${is}`), diagnostic?.message);
        assert.is(diagnostic?.hint, fileKind(content)?.hint);
        assert.is(diagnostic?.file, file);
      }));
  }
}

async function diagnosticsOf(read: () => unknown): Promise<readonly Diagnostic[]> {
  try {
    await read();
  } catch (error) {
    if (error instanceof InputError) return error.diagnostics;
    throw error;
  }
  return [];
}

test("a hint on weights is about weights, and no ONNX file is asked for", () =>
  inTemporaryFolder((folder) => {
    for (const content of [utf8('{"error": {"code": 404}}'), Uint8Array.of(0x80, 4, 0x95, 0, 0)]) {
      const file = join(folder, "x.safetensors");
      writeFileSync(file, content);
      throwsError(() => openTensors(file), InputError, /is no file of tensors: it is a (JSON|Python)/, {
        code: "weights/unknown-format",
        hint: /^known: safetensors/,
      });
    }
  }));

test.run();
