import { readdirSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { countNetwork } from "../../src/analysis/counts.js";
import { specNetwork } from "../../src/given/spec-file.js";
import { type Graph, type Parameter, parametersOf } from "../../src/ir/graph.js";
import type { Tensor } from "../../src/ir/tensor.js";
import { concreteDims, elementCount } from "../../src/ir/types.js";
import { evaluateGraph } from "../../src/reference/interpreter.js";
import { weightChunks } from "../../src/weights/values/materialize.js";

/**
 * Networks in the language of definitions compute what torchvision's and timm's do. Both take their numbers from the same formula;
 * those of the libraries were made by test/python/network_numbers.py. Layers stand in the order in which they are computed.
 */
const FOLDER = "test/data/network-numbers";
const NETWORKS = readdirSync(FOLDER).map((file) => basename(file, ".json"));

interface Numbers {
  /** Of the network, and for one image of the spec's size. */
  readonly parameters: number;
  readonly macs: number;
  /** Of products of two computed tensors, where there are some; null where the library has others for the same. */
  readonly productMacs?: number | null;
  readonly side: number;
  readonly tensors: number;
  /** Those to which 2 is added. */
  readonly raised?: readonly number[];
  readonly deviation: number;
  readonly logits: readonly number[];
  /** Of a detector: all outputs, each with numbers at equal distances, or all of them. */
  readonly outputs?: readonly {
    readonly size: number;
    readonly deviation: number;
    readonly numbers: readonly number[];
  }[];
}

const test = suite("networks: the numbers of torchvision and timm");

/** The formula of `numbers` in test/python/network_numbers.py. */
function numbers(count: number, seed: number): Float64Array {
  const all = new Float64Array(count);
  const start = (seed * 40503 + 12345) % 2 ** 32;
  for (let i = 0; i < count; i++) {
    let x = Math.imul(i + 1, 2654435761) + start;
    x ^= (x >>> 0) >>> 15;
    x = Math.imul(x, 2246822519);
    x ^= (x >>> 0) >>> 13;
    all[i] = (x >>> 0) / 2 ** 31 - 1;
  }
  return all;
}

function filled({ name, type }: Parameter, seed: number): Float64Array {
  const dims = type.dims as readonly number[];
  const values = numbers(elementCount(dims), seed);
  if (/running_var$|norm\.weight$|\.gain$/.test(name)) return values.map((value) => 1 + value / 2);
  const fanIn = elementCount(dims.slice(1));
  const factor = fanIn > 1 ? Math.sqrt(6 / fanIn) : 0.3;
  for (let i = 0; i < values.length; i++) values[i] = (values[i] ?? 0) * factor;
  return values;
}

/** The network's outputs for the image of the formula. */
function outputsOf(graph: Graph, parameters: ReadonlyMap<string, Float64Array>): readonly Tensor[] {
  const dims = concreteDims(graph.inputs[0]?.type.dims ?? []);
  const image: Tensor = { dims, data: numbers(elementCount(dims), 99999) };
  const numbersOf = ({ name, type, data }: Parameter): Tensor => ({
    dims: type.dims as readonly number[],
    // Constants as they are meant, not as float32 has them.
    data:
      parameters.get(name) ?? Float64Array.from([...weightChunks(data, 0)].flatMap((piece) => [...piece])),
  });
  return [...evaluateGraph(graph, new Map([["input", image]]), numbersOf).values()];
}

for (const network of NETWORKS) {
  test(network, () => {
    const {
      parameters: counted,
      macs,
      productMacs,
      side,
      tensors,
      raised = [],
      deviation,
      logits,
      outputs,
    } = JSON.parse(readFileSync(`${FOLDER}/${network}.json`, "utf8")) as Numbers;
    const counts = countNetwork(specNetwork(network).graph);
    assert.is(counts.parameters, counted);
    assert.is(counts.macs, macs);
    if (productMacs !== null) assert.is(counts.productMacs, productMacs);
    // Lowered, a gate reads each weight with its bias.
    const { graph } = specNetwork(network, { resolution: side, passes: "lower-attention" });
    const all = parametersOf(graph).filter(({ role }) => role !== "fixed");
    assert.is(all.length, tensors);
    const parameters = new Map(
      all.map((parameter, i) => {
        const values = filled(parameter, i);
        return [parameter.name, raised.includes(i) ? values.map((value) => value + 2) : values];
      }),
    );
    const found = outputsOf(graph, parameters);
    const expected = outputs ?? [{ size: undefined, deviation, numbers: logits }];
    assert.is(found.length, expected.length);
    expected.forEach(({ size, deviation, numbers }, output) => {
      const data = found[output]?.data ?? [];
      const step = size === undefined ? 1 : Math.floor(size / numbers.length);
      if (size !== undefined) assert.is(data.length, size);
      numbers.forEach((number, i) => {
        const ours = data[i * step] ?? Number.NaN;
        assert.ok(Math.abs(ours - number) < 1e-9 * deviation, `output ${output}, ${i}: ${ours}, ${number}`);
      });
    });
  });
}

test.run();
