import { suite } from "uvu";
import * as assert from "uvu/assert";
import { InputError } from "../../src/base/diagnostic.js";
import { decodeModel } from "../../src/files/models/open.js";
import { GraphBuilder } from "../../src/ir/builder.js";
import { printGraph } from "../../src/ir/print.js";
import { tensorType } from "../../src/ir/types.js";
import { modelBytes } from "../../src/onnx/encode/bytes.js";
import { encodeModel } from "../../src/onnx/encode/export.js";
import { OPSETS } from "../../src/onnx/file/opset.js";
import { throwsError } from "../throws.js";
import { casesOf } from "./cases.js";

const test = suite("onnx: encode, then decode");

const opsets = Array.from({ length: OPSETS.last - OPSETS.first + 1 }, (_, i) => OPSETS.first + i);

for (const opset of opsets) {
  test(`every primitive op comes back as it was, opset ${opset}`, () => {
    for (const { label, graph } of casesOf(opset)) {
      const bytes = modelBytes(encodeModel(graph, { opset, producerVersion: "0" }), { seed: 0 });
      const { graph: decoded, opset: decodedOpset } = decodeModel(bytes, "case.onnx");
      assert.is(printGraph(decoded), printGraph(graph), label);
      assert.is(decodedOpset, opset);
    }
  });
}

test("before opset 14 hard_swish is no operator", () => {
  const builder = new GraphBuilder("hard");
  const x = builder.input("x", tensorType(["N", 4, 2, 2]));
  const graph = builder.finish([builder.op("hard_swish", [x], {}, { scope: "/act" })]);
  throwsError(
    () => encodeModel(graph, { opset: 13, producerVersion: "0" }),
    InputError,
    /hard_swish at \/act is not an ONNX operator before opset 14/,
    { code: "onnx/not-an-operator" },
  );
});

test("a part of the sizes comes back as it was from opset 15 on, and can't be asked for before", () => {
  for (const range of [{ start: 1 }, { end: -1 }, { start: 1, end: 3 }]) {
    const builder = new GraphBuilder("sizes");
    const x = builder.input("x", tensorType(["N", 4, 2, 2]));
    const graph = builder.finish([builder.op("shape", [x], range, { scope: "/sizes" })]);
    for (const opset of opsets) {
      const encode = () => encodeModel(graph, { opset, producerVersion: "0" });
      if (opset < 15) {
        throwsError(encode, InputError, /a part of the sizes can't be asked for before opset 15/);
        continue;
      }
      const { graph: decoded } = decodeModel(modelBytes(encode(), { seed: 0 }), "sizes.onnx");
      assert.is(printGraph(decoded), printGraph(graph), `opset ${opset}`);
    }
  }
});

test.run();
