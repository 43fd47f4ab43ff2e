import { readdirSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { indexFile } from "../../src/codegen/typescript/index-file.js";
import type { NetworkInterface } from "../../src/codegen/typescript/network.js";
import { inTemporaryFolder } from "../temporary-folder.js";
import { compilePackage, packageTexts, writeFiles } from "./support.js";

/**
 * The packages of all specs of the gallery, and one of hostile names, type-check under `strict`. They differ in index.ts
 * alone, so one program holds all of these.
 */
const test = suite("codegen: types of TypeScript packages");

/** What users write; each line that must not compile says so, and would be an error if it did. */
const USE = `
import { ThreePetsLabelledModel, type Inputs, type Label, type Outputs, type Prediction } from "./index.js";

declare const data: Float32Array;
const inputs: Inputs = { input: { data, dims: [7, 3, 32, 32] } };
// @ts-expect-error: another height
export const tall: Inputs = { input: { data, dims: [7, 3, 64, 32] } };
// @ts-expect-error: no batch
export const single: Inputs = { input: { data, dims: [3, 32, 32] } };
// @ts-expect-error: another element type
export const double: Inputs = { input: { data: new Float64Array(3072), dims: [1, 3, 32, 32] } };
// @ts-expect-error: another name
export const named: Inputs = { x: { data, dims: [1, 3, 32, 32] } };

export async function use(model: ThreePetsLabelledModel): Promise<readonly [number, 3]> {
  const outputs: Outputs = await model.run(inputs);
  const [first]: readonly Prediction[] = await model.classify({ data: new Uint8Array(12), width: 2, height: 2 });
  const label: Label | undefined = first?.label;
  // @ts-expect-error: no such class
  if (label === "horse") throw new Error();
  if (label === "cat") throw new Error();
  // @ts-expect-error: no such output
  outputs.probabilities;
  // @ts-expect-error: no such device
  await ThreePetsLabelledModel.load("model.onnx", { device: "gpu" });
  return outputs.logits.dims;
}
`;

/** What the README's code leaves to its reader. */
const GIVEN = `
declare const pixels: Uint8Array, context: CanvasRenderingContext2D, width: number, height: number;
export const given = { pixels, context, width, height };
`;

/** Inputs and outputs that TypeScript infers other types from than from those of pictures in colour. */
const UNUSUAL: Readonly<Record<string, Omit<NetworkInterface, "classifier">>> = {
  grey: {
    inputs: [{ name: "x", dtype: "float32", dims: [null, 1, 40, 24] }],
    outputs: [{ name: "y", dtype: "float32", dims: [null, 2] }],
  },
  row: {
    inputs: [{ name: "x", dtype: "float32", dims: [null, 7] }],
    outputs: [{ name: "y", dtype: "float32", dims: [null] }],
  },
  one: {
    inputs: [{ name: "x", dtype: "float32", dims: [null, 1] }],
    outputs: [{ name: "y", dtype: "float32", dims: [null, 1] }],
  },
  alone: {
    inputs: [{ name: "x", dtype: "float32", dims: [null] }],
    outputs: [{ name: "y", dtype: "float32", dims: [null] }],
  },
  several: {
    inputs: [
      { name: "x", dtype: "float32", dims: [null, 1, 8] },
      { name: "class", dtype: "float32", dims: [null] },
    ],
    outputs: [
      { name: "y", dtype: "float32", dims: [null, 2, 4, 4] },
      { name: "0", dtype: "float32", dims: [null, 1] },
    ],
  },
};

test("the packages of the gallery type-check, and what is wrong does not", () =>
  inTemporaryFolder((folder) => {
    const labelled = packageTexts("test/data/codegen/labelled.json");
    const readme = [...(labelled.get("README.md") ?? "").matchAll(/```ts\n(.*?)```/gs)];
    assert.is(readme.length, 2);
    writeFiles(folder, labelled);
    writeFiles(
      folder,
      new Map([
        ["src/use.ts", USE],
        ...readme.map((part, i) => [`src/readme${i}.ts`, GIVEN + part[1]] as const),
      ]),
    );
    const gallery = readdirSync("specs").filter((file) => file.endsWith(".json"));
    assert.ok(gallery.length > 200);
    const networks = gallery.map((file) => {
      const text = packageTexts(`specs/${file}`).get("src/index.ts") ?? "";
      assert.match(text, /^export class \w+Model \{$/m);
      return [`src/gallery/${file.replace(".json", ".ts")}`, text.replaceAll('"./', '"../')] as const;
    });
    writeFiles(folder, new Map(networks));
    const smoke = labelled.get("src/smoke.test.ts") ?? "";
    const unusual = Object.entries(UNUSUAL).flatMap(([name, ports]) => {
      const subject = { ...ports, classifier: undefined, name, description: "", batch: undefined };
      const index = indexFile({ ...subject, model: "../model.onnx" }).replaceAll('"./', '"../');
      return [
        [`src/unusual/${name}.ts`, index],
        [`src/unusual/${name}.smoke.test.ts`, smoke.replace('"./index.js"', `"./${name}.js"`)],
      ] as const;
    });
    writeFiles(folder, new Map(unusual));
    compilePackage(folder);
  }));

test.run();
