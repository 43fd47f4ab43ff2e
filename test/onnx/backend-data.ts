import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type TensorMessage, TensorProto } from "../../src/onnx/file/proto.js";

/** Where Debian's libonnx-testdata has ONNX's own backend tests. */
const ROOT = "/usr/lib/python3/dist-packages/onnx/backend/test/data";

export const HAS_BACKEND_TESTS = existsSync(ROOT);

/** A model of ONNX's backend tests. */
export interface BackendTest {
  readonly name: string;
  readonly model: string;
  /** The first set of inputs and of expected outputs, in the model's order. */
  readonly inputs: readonly Uint8Array[];
  readonly outputs: readonly Uint8Array[];
}

/** Where a model of ONNX's backend tests is, and its first set of data, which it may not have. */
export interface BackendModel {
  readonly name: string;
  readonly model: string;
  readonly data: string;
}

/** All of ONNX's backend tests that come with a model, in the order of their names. */
export function backendModels(): readonly BackendModel[] {
  return readdirSync(ROOT)
    .sort()
    .flatMap((group) => readdirSync(join(ROOT, group)).map((name) => join(group, name)))
    .filter((name) => existsSync(join(ROOT, name, "model.onnx")))
    .sort()
    .map((name) => ({
      name,
      model: join(ROOT, name, "model.onnx"),
      data: join(ROOT, name, "test_data_set_0"),
    }));
}

export function backendTests(): readonly BackendTest[] {
  return backendModels().map(({ name, model, data }) => {
    const files = existsSync(data) ? readdirSync(data) : [];
    const of = (kind: string): readonly Uint8Array[] =>
      files
        .filter((file) => file.startsWith(`${kind}_`))
        .sort((a, b) => place(a) - place(b))
        .map((file) => readFileSync(join(data, file)));
    return { name, model, inputs: of("input"), outputs: of("output") };
  });
}

function place(file: string): number {
  return Number(/_(\d+)\./.exec(file)?.[1]);
}

/** A tensor of a data set; undefined for a sequence or an optional value. */
export function tensorOf(bytes: Uint8Array): TensorMessage | undefined {
  try {
    const tensor = TensorProto.decode(bytes);
    return tensor.dataType ? tensor : undefined;
  } catch {
    return undefined;
  }
}
