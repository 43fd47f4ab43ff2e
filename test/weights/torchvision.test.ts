import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { writeSafetensors } from "../../src/files/tensors/write.js";
import { specNetwork } from "../../src/given/spec-file.js";
import { withOpenWeights } from "../../src/given/weights.js";
import { elementCount } from "../../src/ir/types.js";
import { evaluateGraph } from "../../src/reference/interpreter.js";
import { parameterNumbers } from "../../src/trials/numbers.js";
import { isStepCount } from "./state-dict.js";

/**
 * A whole network of torchvision, whose weights and image follow from a formula that test/python/torchvision_fixture.py has
 * too: the interpreter must give torchvision's float64 outputs.
 */
interface Fixture {
  readonly side: number;
  readonly tensors: Readonly<Record<string, readonly number[]>>;
  readonly outputs: readonly number[];
}

const { side, tensors, outputs } = JSON.parse(
  readFileSync("test/data/state-dicts/torchvision-mobilenet_v3_small.json", "utf8"),
) as Fixture;

const test = suite("weights: torchvision's MobileNetV3-Small");
let folder = "";
let file = "";
test.before(async () => {
  folder = mkdtempSync(join(tmpdir(), "ecagen-torchvision-"));
  file = join(folder, "mobilenet_v3_small.safetensors");
  await writeSafetensors(
    file,
    Object.entries(tensors).map(([name, dims], nth) => {
      const isCount = isStepCount(name);
      const data = isCount ? BigInt64Array.of(0n) : numbers(name, nth, dims);
      const bytes = new Uint8Array(data.buffer);
      return { name, dims, dtype: isCount ? "I64" : "F32", pieces: () => [bytes] };
    }),
  );
});
test.after(() => rmSync(folder, { recursive: true, force: true }));

/** Numbers in [0, 1), as the script's `uniform` has them. */
function uniform(nth: number, count: number): readonly number[] {
  return Array.from({ length: count }, (_, i) => {
    let mixed = (Math.imul(i, 2654435761) + (nth + 1) * 40503) >>> 0;
    mixed = Math.imul(mixed ^ (mixed >>> 15), 2246822519) >>> 0;
    return ((mixed ^ (mixed >>> 13)) >>> 0) / 2 ** 32;
  });
}

function numbers(name: string, nth: number, dims: readonly number[]): Float32Array {
  const scale = Math.sqrt(3 / elementCount(dims.slice(1)));
  const number = (u: number): number => {
    if (name.endsWith("running_var")) return u * 0.05 + 0.002;
    if (dims.length > 1) return (u - 0.5) * scale;
    return name.endsWith("weight") ? u * 0.3 + 0.1 : (u - 0.5) * 0.2;
  };
  return Float32Array.from(uniform(nth, elementCount(dims)), number);
}

test("tv-mobilenetv3-small computes what torchvision does", () =>
  withOpenWeights({ weights: file }, async (given) => {
    const { graph, weights } = specNetwork("specs/tv-mobilenetv3-small.json", { given, resolution: side });
    assert.equal([weights?.names, weights?.initial, weights?.unused], ["torchvision", [], []]);
    assert.equal([weights?.otherSettings, weights?.notes], [[], []]);
    const data = Float64Array.from(uniform(-1, 3 * side * side), (u) => Math.fround((u - 0.5) * 4));
    const image = { dims: [1, 3, side, side], data };
    const logits = evaluateGraph(graph, new Map([["input", image]]), parameterNumbers(0)).get("logits");
    const far = Math.max(...outputs.map((output, i) => Math.abs(output - (logits?.data[i] ?? Number.NaN))));
    const range = Math.max(...outputs) - Math.min(...outputs);
    assert.ok(far < 1e-9 * range, `max |Δ| is ${far} of ${range}`);
  }));

test.run();
