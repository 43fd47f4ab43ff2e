import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { InputError } from "../../src/base/diagnostic.js";
import { readMetadata } from "../../src/files/models/read.js";
import { GraphBuilder } from "../../src/ir/builder.js";
import { tensorType } from "../../src/ir/types.js";
import { modelBytes } from "../../src/onnx/encode/bytes.js";
import { encodeModel } from "../../src/onnx/encode/export.js";
import { inTemporaryFolder } from "../temporary-folder.js";
import { throwsError } from "../throws.js";

const test = suite("onnx: metadata of a file");

function model(metadata: Readonly<Record<string, string>>): Uint8Array {
  const builder = new GraphBuilder("m");
  const y = builder.op("relu", [builder.input("x", tensorType([1, 2]))], {}, { scope: "/y" });
  return modelBytes(encodeModel(builder.finish([y]), { producerVersion: "0", metadata }), { seed: 0 });
}

test("what was written is read, texts of other scripts and empty ones too", () =>
  inTemporaryFolder((folder) => {
    const file = join(folder, "m.onnx");
    const metadata = { "ecagen.labels": '["Katze","猫"]', empty: "" };
    writeFileSync(file, model(metadata));
    assert.equal(Object.fromEntries(readMetadata(file)), metadata);
    writeFileSync(file, model({}));
    assert.is(readMetadata(file).size, 0);
  }));

test("what is no model is an error that names the file", () =>
  inTemporaryFolder((folder) => {
    const file = join(folder, "m.onnx");
    const whole = model({ a: "b" });
    for (const bytes of [new Uint8Array(0), Buffer.from("text"), whole.subarray(0, whole.length - 2)]) {
      writeFileSync(file, bytes);
      throwsError(() => readMetadata(file), InputError, /m\.onnx is not an ONNX model/, {
        code: "onnx/no-model",
        file,
      });
    }
  }));

test.run();
