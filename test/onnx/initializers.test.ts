import { suite } from "uvu";
import * as assert from "uvu/assert";
import { nothingBeside } from "../../src/base/bytes.js";
import { InputError } from "../../src/base/diagnostic.js";
import type { DiagnosticCode } from "../../src/base/diagnostic-codes/registry.js";
import {
  compareInitializers,
  replaceInitializers,
  weightsOfExport,
} from "../../src/onnx/decode/initializers.js";
import { modelBytes } from "../../src/onnx/encode/bytes.js";
import { encodeModel } from "../../src/onnx/encode/export.js";
import { type ModelMessage, ModelProto } from "../../src/onnx/file/proto.js";
import { throwsError } from "../throws.js";
import { smallNetwork } from "./networks.js";

const test = suite("onnx: initializers of two files");

const fileOf = (seed: number, width?: number): Uint8Array =>
  modelBytes(encodeModel(smallNetwork("reshape", "N", width), { producerVersion: "0" }), { seed });

function changed(bytes: Uint8Array, change: (model: ModelMessage) => void): Uint8Array {
  const model = ModelProto.decode(bytes);
  change(model);
  return ModelProto.encode(model).finish();
}

const given = (bytes: Uint8Array) => ({ bytes, file: "m.onnx", openData: nothingBeside });

const weight = (model: ModelMessage) =>
  model.graph?.initializer?.find(({ name }) => name === "head.fc.weight") ?? {};

/** The file with the lowest bit of one number flipped. */
const flipped = (bytes: Uint8Array): Uint8Array =>
  changed(bytes, (model) => {
    const rawData = Uint8Array.from(weight(model).rawData ?? []);
    rawData[40] = (rawData[40] as number) ^ 1;
    weight(model).rawData = rawData;
  });

test("equal files have equal weights; one flipped bit shows, by name", () => {
  assert.equal(compareInitializers(fileOf(1), given(fileOf(1))), { total: 6, different: [] });
  assert.equal(compareInitializers(fileOf(1), given(flipped(fileOf(1))))?.different, ["head.fc.weight"]);
});

test("weights that a file lacks are different ones", () => {
  const without = changed(fileOf(1), ({ graph }) => {
    if (graph) graph.initializer = graph.initializer?.filter(({ name }) => name !== "eca.weight") ?? [];
  });
  assert.equal(compareInitializers(fileOf(1), given(without))?.different, ["eca.weight"]);
});

test("files that name or shape their weights otherwise can't be compared", () => {
  const renamed = changed(fileOf(1), (model) => {
    const { name } = weight(model);
    weight(model).name = "fc";
    for (const node of model.graph?.node ?? []) {
      node.input = (node.input ?? []).map((input) => (input === name ? "fc" : input));
    }
  });
  assert.is(compareInitializers(fileOf(1), given(renamed)), undefined);
  assert.is(replaceInitializers(given(renamed), weightsOfExport(fileOf(2))), undefined);
  assert.is(replaceInitializers(given(fileOf(1, 8)), weightsOfExport(fileOf(2))), undefined);
});

test("replacing gives the other weights and keeps everything else", () => {
  const marked = changed(fileOf(1), (model) => {
    model.producerName = "someone";
  });
  const replaced = replaceInitializers(given(marked), weightsOfExport(fileOf(2)));
  assert.ok(replaced);
  assert.equal(compareInitializers(fileOf(2), given(replaced))?.different, []);
  assert.is(ModelProto.decode(replaced).producerName, "someone");
  assert.is(ModelProto.decode(replaced).graph?.node?.length, ModelProto.decode(marked).graph?.node?.length);
});

test("a file that is broken is refused", () => {
  const wrongType = changed(fileOf(1), (model) => {
    weight(model).dataType = 11;
  });
  const refuses = (bytes: Uint8Array, message: RegExp, code: DiagnosticCode) =>
    throwsError(() => compareInitializers(fileOf(1), given(bytes)), InputError, message, { code });
  refuses(new Uint8Array(5), /^m\.onnx is not an ONNX model/, "onnx/no-model");
  // What is no weight of ecagen's networks is one that differs.
  const name = weight(ModelProto.decode(wrongType)).name ?? "";
  assert.equal(compareInitializers(fileOf(1), given(wrongType))?.different, [name]);
});

test.run();
