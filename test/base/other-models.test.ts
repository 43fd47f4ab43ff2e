import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { utf8 } from "../../src/base/bytes.js";
import { type Diagnostic, InputError } from "../../src/base/diagnostic.js";
import { rewrite } from "../../src/driver/rewrite/rewrite.js";
import { stats } from "../../src/driver/stats/stats.js";
import { inTemporaryFolder } from "../temporary-folder.js";

/** A model of another format is called what it is, with what to do about it, wherever a spec or an ONNX file is read. */
const test = suite("base: models of other formats");

const BYTES = Uint8Array.of(0x1c, 0, 0, 0, 0xff, 0xfe, 1, 2);
const ZIP = utf8("PK\x03\x04 and more");

for (const [name, start, is, hint] of [
  [
    "m.tflite",
    BYTES,
    "a TensorFlow Lite model",
    /tf2onnx\.convert --tflite \S*m\.tflite --output \S*m\.onnx$/,
  ],
  ["M.TFLITE", BYTES, "a TensorFlow Lite model", /--output \S*M\.onnx$/],
  [
    "m.pt2",
    ZIP,
    "a program of torch.export",
    /torch\.onnx\.export\(program, \(\), ".*m\.onnx", dynamo=True\)/,
  ],
  ["m.mlmodel", BYTES, "a Core ML model", /export the network/],
  // Bytes that are a text of UTF-8 as well.
  ["t.mlmodel", utf8("\x08\x01\x12"), "a Core ML model", /export the network/],
  ["m.keras", ZIP, "a Keras model", /load_model\(".*m\.keras"\)\.export\(".*m\.onnx", format="onnx"\)/],
  ["m.h5", BYTES, "an HDF5 file, as Keras writes", /load_model/],
  ["m.pth", ZIP, "a file of PyTorch", /ecagen compile SPEC --weights \S*m\.pth/],
  ["m.safetensors", BYTES, "a file of weights", /ecagen compile SPEC --weights/],
  ["it's.tflite", BYTES, "a TensorFlow Lite model", /--tflite '.*it'\\''s\.tflite'/],
  ["m.unknown", Uint8Array.of(0, 0, 0, 0, ...utf8("TFL3")), "a TensorFlow Lite model", /tf2onnx/],
] as const) {
  test(`${name} is ${is}`, () =>
    inTemporaryFolder(async (folder) => {
      const file = join(folder, name);
      writeFileSync(file, start);
      const asSpec = await refusal(() => stats(file));
      assert.is(asSpec.code, "spec/model");
      assert.is(asSpec.message, `${file} is ${is}; ecagen reads specs and ONNX files`);
      const asFile = await refusal(() => rewrite(file));
      assert.is(asFile.code, "onnx/no-model");
      assert.is(asFile.message, `${file} is not an ONNX model: it is ${is}`);
      for (const each of [asSpec, asFile]) assert.match(each.hint ?? "", hint);
    }));
}

test("a large model is called so before its size is", () =>
  inTemporaryFolder(async (folder) => {
    const file = join(folder, "m.tflite");
    writeFileSync(file, Buffer.concat([BYTES, Buffer.alloc(17 * 2 ** 20)]));
    assert.is((await refusal(() => stats(file))).code, "spec/model");
  }));

test("folders that are models", () =>
  inTemporaryFolder(async (folder) => {
    const saved = join(folder, "saved");
    mkdirSync(saved);
    writeFileSync(join(saved, "saved_model.pb"), BYTES);
    const { message, hint } = await refusal(() => stats(saved));
    assert.match(message, /is a SavedModel of TensorFlow/);
    assert.match(hint ?? "", /--saved-model \S*saved --output \S*saved\.onnx$/);
    mkdirSync(join(folder, "m.mlpackage"));
    assert.match((await refusal(() => stats(join(folder, "m.mlpackage")))).message, /Core ML/);
    assert.is((await refusal(() => stats(folder))).code, "spec/is-folder");
  }));

test("what is no model is called what it is, whatever its name", () =>
  inTemporaryFolder(async (folder) => {
    const file = join(folder, "m.tflite");
    writeFileSync(file, "<!DOCTYPE html>\n<html>");
    assert.match((await refusal(() => stats(file))).message, /web page/);
    assert.match((await refusal(() => rewrite(file))).message, /web page/);
    writeFileSync(file, '// a spec\n{ "extends": "small" }');
    assert.is(stats(file).parameters, stats("small").parameters);
    writeFileSync(file, '{ "extends": "small", "stemm": {} }');
    assert.is((await refusal(() => stats(file))).code, "spec/unknown-key");
  }));

test("rewrite of a spec says how a spec gets passes", () =>
  inTemporaryFolder(async (folder) => {
    const file = join(folder, "net.json");
    for (const text of ['{ "extends": "small" }', '// a spec\n{ "extends": "small" }']) {
      writeFileSync(file, text);
      const { message, hint } = await refusal(() => rewrite(file));
      assert.match(message, /is not an ONNX model: it is a JSON file/);
      assert.match(hint ?? "", /ecagen compile .*--passes/);
    }
  }));

async function refusal(act: () => unknown): Promise<Diagnostic> {
  try {
    await act();
  } catch (error) {
    if (error instanceof InputError && error.diagnostics[0] !== undefined) return error.diagnostics[0];
    throw error;
  }
  throw new Error("nothing was refused");
}

test.run();
