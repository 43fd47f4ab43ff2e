import { joinedNumbers } from "../base/arrays.js";
import { packageVersion } from "../files/package.js";
import { withGradients } from "../gradients/gradients.js";
import { NoGradient } from "../gradients/no-gradient.js";
import type { Graph, GraphInput } from "../ir/graph.js";
import { retypeInputs } from "../ir/rewrite.js";
import { concreteDims, elementCount, sameDims, tensorType } from "../ir/types.js";
import { NoDerivatives, type OpenGradients } from "../new-gates/fit-together.js";
import { modelBytes } from "../onnx/encode/bytes.js";
import { encodeModel } from "../onnx/encode/export.js";
import { runPasses } from "../passes/engine/manager.js";
import { exportPipeline } from "../passes/export-pipeline.js";
import type { NumberTensor, Runtime } from "../runtime/session.js";
import type { Calibration } from "./calibration.js";

/**
 * Derivatives on the images of a calibration, by ONNX Runtime on the CPU: all images of a step at once where the network takes any number of
 * them, else one by one.
 */
export function gradientRuns(runtime: Runtime, calibration: Calibration, seed: number): OpenGradients {
  return async (graph, inputs, outputs, imagesPerStep) => {
    const { sized, batch } = atSizesOf(lowered(graph), calibration, imagesPerStep);
    const names = new Set(inputs.map(({ name }) => name));
    const { graph: gradients, targets } = differentiated(
      sized,
      sized.inputs.filter(({ name }) => names.has(name)),
      weightsOf(sized, outputs, batch),
    );
    const model = encodeModel(gradients, { producerVersion: packageVersion() });
    const session = await runtime.open(modelBytes(model, { seed }));
    return {
      async of(images, values, wanted) {
        const given = inputs.map(({ name, type }, i): NamedTensor => {
          return [name, { dims: concreteDims(type.dims), data: Float32Array.from(values[i] ?? []) }];
        });
        const sums = values.map(({ length }) => new Float64Array(length));
        for (let start = 0; start < images.length; start += batch) {
          const feed = joined(images.slice(start, start + batch).map((image) => calibration.feed(image)));
          const aims = targetsOf(targets, wanted.slice(start, start + batch));
          const found = await session.run(new Map([...feed, ...given, ...aims]));
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
  if (sized === undefined) throw new NoDerivatives("its sizes are not known");
  const batch = calibration.takesMany ? partOf(imagesPerStep, MOST_ELEMENTS / elementsOf(sized)) : 1;
  const many = batch === 1 ? undefined : sizedFor(batch);
  return many?.outputs.every(({ type }) => type.dims[0] === batch) === true
    ? { sized: many, batch }
    : { sized, batch: 1 };
}

/** Elements of all values of a network that may be held at once; derivatives have as many again. */
const MOST_ELEMENTS = 2 ** 26;

function elementsOf({ ops }: Graph): number {
  const results = ops.flatMap((op) => op.results);
  return results.reduce((sum, { type }) => sum + elementCount(concreteDims(type.dims)), 0);
}

/** The largest number that a whole number is a multiple of and that is at most another; 1 where none is. */
function partOf(whole: number, most: number): number {
  for (let part = Math.min(whole, Math.floor(most)); part > 1; part--) if (whole % part === 0) return part;
  return 1;
}

function differentiated(...[graph, inputs, weights]: Parameters<typeof withGradients>) {
  try {
    return withGradients(graph, inputs, weights);
  } catch (error) {
    if (error instanceof NoGradient) throw new NoDerivatives(error.message);
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

/** Feeds of an image each as one. Errors: `NoDerivatives` for images of several sizes. */
function joined(feeds: readonly ReadonlyMap<string, NumberTensor>[]): readonly NamedTensor[] {
  const [first] = feeds;
  return [...(first ?? [])].map(([name, { dims }]) => {
    const parts = feeds.map((feed) => feed.get(name));
    if (!parts.every((part) => sameDims(part?.dims ?? [], dims)))
      throw new NoDerivatives("the images are of several sizes");
    const data = Float32Array.from(joinedNumbers(parts.map((part) => part?.data ?? [])));
    return [name, { dims: feeds.length === 1 ? dims : dims.with(0, feeds.length), data }];
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
