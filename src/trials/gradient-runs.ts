import { joinedNumbers } from "../base/arrays.js";
import { InputError } from "../base/diagnostic.js";
import { packageVersion } from "../files/package.js";
import { type GradientGraph, withGradients } from "../gradients/gradients.js";
import { NoGradient } from "../gradients/no-gradient.js";
import type { Graph, GraphInput, Value } from "../ir/graph.js";
import { costOf } from "../ir/op.js";
import { definitionOf } from "../ir/ops/registry.js";
import { isOp, retypeInputs } from "../ir/rewrite.js";
import { concreteDims, elementCount, sameDims, type TensorType, tensorType } from "../ir/types.js";
import { NoDerivatives, type OpenGradients } from "../new-gates/fit-together.js";
import { modelBytes } from "../onnx/encode/bytes.js";
import { encodeModel } from "../onnx/encode/export.js";
import { runPasses } from "../passes/engine/manager.js";
import { invocationOf } from "../passes/engine/pipeline.js";
import { exportPipeline } from "../passes/export-pipeline.js";
import type { NumberTensor, Runtime } from "../runtime/session.js";
import type { Calibration } from "./calibration.js";

/**
 * Derivatives on the images of a calibration, by ONNX Runtime on the CPU: all images of a step at once where the network takes any number of
 * them, else one by one.
 */
export function gradientRuns(runtime: Runtime, calibration: Calibration, seed: number): OpenGradients {
  return async (graph, inputs, outputs, most) => {
    const { sized, batch } = atSizesOf(lowered(graph), calibration, most);
    const names = new Set(inputs.map(({ name }) => name));
    const { graph: gradients, targets } = differentiated(
      sized,
      sized.inputs.filter(({ name }) => names.has(name)),
      weightsOf(sized, outputs, batch),
    );
    const imagesPerStep = most - (most % batch);
    const model = encodeModel(gradients, { producerVersion: packageVersion() });
    const session = await runtime.open(modelBytes(model, { seed }));
    return {
      imagesPerStep,
      macs: (macsOf(gradients) * imagesPerStep) / batch,
      async of(images, values, wanted) {
        const given = inputs.map(({ name, type }, i): NamedTensor => {
          return [name, { dims: concreteDims(type.dims), data: Float32Array.from(values[i] ?? []) }];
        });
        const sums = values.map(({ length }) => new Float64Array(length));
        for (let start = 0; start < images.length; start += batch) {
          const feeds = images.slice(start, start + batch).map((image) => calibration.feed(image));
          const aims = targetsOf(targets, wanted.slice(start, start + batch));
          const found = await session.run(new Map([...joined(feeds, sized), ...given, ...aims]));
          for (const [i, name] of session.outputNames.entries()) addTo(sums[i], found.get(name)?.data ?? []);
        }
        return sums;
      },
      close: () => session.close(),
    };
  };
}

type NamedTensor = readonly [name: string, tensor: NumberTensor];

function lowered(graph: Graph): Graph {
  return runPasses(graph, exportPipeline({})).graph;
}

/** The network for images of the calibration's size, and for how many. Errors: `NoDerivatives` where it is made for other sizes. */
function atSizesOf(
  graph: Graph,
  calibration: Calibration,
  imagesPerStep: number,
): { readonly sized: Graph; readonly batch: number } {
  if (calibration.batch > 1)
    throw new NoDerivatives(`the network takes ${calibration.batch} images at a time`);
  const fed = calibration.feed(0);
  const sizedFor = (batch: number): Graph | undefined =>
    retypeInputs(graph, ({ name, type }) => {
      const dims = fed.get(name)?.dims;
      return dims === undefined ? type : tensorType(batch === 1 ? dims : dims.with(0, batch), type.dtype);
    });
  const sized = sizedFor(1);
  if (sized === undefined) throw new NoDerivatives("its operators can't be read for the images' sizes");
  const fits = Math.floor(MOST_ELEMENTS / elementsOf(sized));
  const batch = calibration.takesMany ? Math.max(1, Math.min(imagesPerStep, fits)) : 1;
  const many = batch === 1 ? undefined : sizedFor(batch);
  return many?.outputs.every(({ type }) => type.dims[0] === batch) === true
    ? { sized: many, batch }
    : { sized, batch: 1 };
}

/** Elements of all values of a network that may be held at once; derivatives come on top, with as many or a few times that. */
const MOST_ELEMENTS = 2 ** 26;

/** All multiply-accumulates of a graph of known sizes, products of two computed tensors among them. */
function macsOf({ ops }: Graph): number {
  const typesOf = (values: readonly Value[]): readonly TensorType[] => values.map(({ type }) => type);
  return ops.reduce((sum, { kind, operands, results, attributes }) => {
    const cost = costOf(definitionOf(kind), typesOf(operands), typesOf(results), attributes);
    return sum + cost.macs + (cost.products ?? 0);
  }, 0);
}

function elementsOf({ ops }: Graph): number {
  const results = ops.flatMap((op) => op.results);
  return results.reduce((sum, { type }) => sum + elementCount(concreteDims(type.dims)), 0);
}

/** Errors: `NoDerivatives` where there are none, and where an operator is needed for them that is no op of the IR. */
function differentiated(...[graph, inputs, weights]: Parameters<typeof withGradients>): GradientGraph {
  try {
    const found = withGradients(graph, inputs, weights);
    // What only the outputs need goes.
    const needed = runPasses(found.graph, [invocationOf("eliminate-dead-code")]).graph;
    const foreign = needed.ops.find((op) => isOp(op, "opaque"));
    if (foreign !== undefined)
      throw new NoDerivatives(`${foreign.loc.scope} is an operator that can't be written in another file`);
    return { ...found, graph: needed };
  } catch (error) {
    // What a rule makes of an op that it was not thought for may not fit together.
    if (error instanceof NoGradient || error instanceof InputError) throw new NoDerivatives(error.message);
    throw error;
  }
}

/** Errors of an output count as parts of what the squares of its numbers sum up to on an image. */
function weightsOf(
  { outputs: values }: Graph,
  outputs: readonly Float64Array[],
  batch: number,
): readonly number[] {
  let start = 0;
  return values.map(({ type }) => {
    const [from, to] = [start, start + elementCount(concreteDims(type.dims)) / batch];
    start = to;
    const energy = outputs.reduce(
      (sum, each) => each.subarray(from, to).reduce((square, value) => square + value * value, sum),
      0,
    );
    return energy === 0 ? 0 : outputs.length / energy;
  });
}

/** Feeds of an image each as one. Errors: `NoDerivatives` for images of other sizes than the network was made for. */
function joined(
  feeds: readonly ReadonlyMap<string, NumberTensor>[],
  { inputs }: Graph,
): readonly NamedTensor[] {
  const [first] = feeds;
  return [...(first?.keys() ?? [])].map((name) => {
    const parts = feeds.map((feed) => feed.get(name));
    const dims = concreteDims(inputs.find((input) => input.name === name)?.type.dims ?? []);
    const each = feeds.length === 1 ? dims : dims.with(0, 1);
    if (!parts.every((part) => sameDims(part?.dims ?? [], each)))
      throw new NoDerivatives("the images are of several sizes");
    return [name, { dims, data: Float32Array.from(joinedNumbers(parts.map((part) => part?.data ?? []))) }];
  });
}

/** What each output is compared with: the outputs of some images, all outputs of each one after the other. */
function targetsOf(targets: readonly GraphInput[], wanted: readonly Float64Array[]): readonly NamedTensor[] {
  let start = 0;
  return targets.map(({ name, type }) => {
    const dims = concreteDims(type.dims);
    const [from, to] = [start, start + elementCount(dims) / wanted.length];
    start = to;
    return [
      name,
      { dims, data: Float32Array.from(joinedNumbers(wanted.map((each) => each.subarray(from, to)))) },
    ];
  });
}

function addTo(sum: Float64Array | undefined, part: ArrayLike<number>): void {
  sum?.forEach((value, i) => {
    sum[i] = value + (part[i] as number);
  });
}
