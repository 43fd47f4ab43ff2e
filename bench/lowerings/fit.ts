import type { KernelCost, KernelName } from "../../src/passes/specialize/costs.js";
import type { NodeTime } from "./profile.js";

/** A kernel as it was run: how many units it did, in how many µs. */
export interface Sample {
  readonly kernel: KernelName;
  readonly units: number;
  readonly microseconds: number;
}

/** What a node of ONNX Runtime's graph is for the cost model; undefined for what no form of a gate changes. */
export function sampleOf({ name, op, inputs, outputs, microseconds }: NodeTime): Sample | undefined {
  const [x = [], weight = []] = inputs;
  const [y = []] = outputs;
  const positions = (y[2] ?? 1) * (y[3] ?? 1);
  const sample = (kernel: KernelName, units: number): Sample => ({ kernel, units, microseconds });
  if (y.length === 4 && positions === 1 && op !== "GlobalAveragePool") {
    if (op === "Conv" && weight.length === 4) return sample("weights", count(weight));
    return op === "Mul" && count(y) > count(weight) ? sample("weight-product", count(y)) : sample("node", 1);
  }
  switch (op) {
    case "ReorderOutput":
      return sample("reorder-output", count(y));
    case "ReorderInput":
      return sample("reorder-input", count(y));
    case "GlobalAveragePool":
      return sample("pool", count(x));
    case "Upsample":
      return sample("enlarge", count(y));
    case "Relu":
      return sample("activation", count(y));
    case "Add":
      return count(x) === count(weight) ? sample("sum", count(y)) : undefined;
    case "Mul":
      return sample(count(x) === count(weight) ? "product" : "broadcast-product", count(y));
    case "Transpose":
    case "Reshape":
      return sample("node", 1);
    case "Conv":
    case "FusedConv": {
      const [, perGroup = 0, ...kernel] = weight;
      if (kernel.some((size) => size !== 1) || count(x) === 0) return undefined;
      if (perGroup === 1) return sample("channel-convolution", count(y));
      // A convolution that reads weights of this run is not rewritten for the blocked layout.
      const kernelName = name.endsWith("_nchwc") ? "pointwise" : "computed-pointwise";
      const isDense = (x[1] ?? 0) === perGroup && (x[2] ?? 0) * (x[3] ?? 0) === positions;
      return isDense ? sample(kernelName, count(y) * perGroup) : undefined;
    }
    default:
      return undefined;
  }
}

/** The line start + each · units that is nearest to the times, relative to each: small kernels count as much as large ones. */
export function fitLine(samples: readonly Sample[]): KernelCost {
  let [w, wx, wy, wxx, wxy] = [0, 0, 0, 0, 0];
  for (const { units: x, microseconds: y } of samples) {
    const weight = 1 / Math.max(y, 1) ** 2;
    w += weight;
    wx += weight * x;
    wy += weight * y;
    wxx += weight * x * x;
    wxy += weight * x * y;
  }
  const spread = w * wxx - wx * wx;
  const slope = spread === 0 ? 0 : (w * wxy - wx * wy) / spread;
  const start = w === 0 ? 0 : (wy - slope * wx) / w;
  if (slope < 0) return { start: round(wy / w), each: 0 };
  if (start < 0) return { start: 0, each: round((1000 * wxy) / wxx) };
  return { start: round(start), each: round(1000 * slope) };
}

/** Three digits: more are noise. */
function round(value: number): number {
  return Number(value.toPrecision(3));
}

function count(dims: readonly number[]): number {
  return dims.reduce((product, size) => product * size, 1);
}
