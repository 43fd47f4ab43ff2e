import { computedWeight } from "../../ir/computed-weight.js";
import { binaryWeight, constantWeight, reshapeWeight, sqrtWeight, type WeightExpr } from "../../ir/weight.js";
import { mismatch } from "./mismatch.js";
import type { LinearStep, NormStep, Step } from "./step.js";
import type { RaisedParameter } from "./weights.js";

/** y · scale + shift, one number for each channel or for all; left out, 1 and 0. */
interface Affine {
  readonly scale?: WeightExpr;
  readonly shift?: WeightExpr;
  /** What a layer without a bias has the shift from. */
  readonly source?: RaisedParameter["source"];
}

/**
 *     scale · (W · x + b) + shift  →  (scale · W) · x + (scale · b + shift)
 *     W · (scale · x + shift) + b  →  (W · scale) · x + (W · shift + b)
 *
 * The steps with all that is linear beside a layer made part of it: biases, factors, and batch normalisations, which hardly any
 * module has. What stands beside no layer stays.
 *
 * @param norms whether batch normalisations are among what is joined; for a module that has one they stay steps
 */
export function joinedSteps(steps: readonly Step[], norms = true): readonly Step[] {
  const joined: Step[] = [];
  for (const step of steps) {
    const before = joined.at(-1);
    const affine = norms || step.kind !== "norm" ? affineOf(step) : undefined;
    if (before?.kind === "linear" && affine !== undefined) {
      joined[joined.length - 1] = followedBy(before, affine);
    } else if (step.kind === "linear" && step.groups === 1) {
      joined.push(norms || joined.at(-1)?.kind !== "norm" ? led(step, joined) : step);
    } else {
      joined.push(step);
    }
  }
  return joined;
}

/** A layer with the steps before it that are linear, which are taken away. */
function led(step: LinearStep, before: Step[]): LinearStep {
  let layer = step;
  for (let last = before.at(-1); last !== undefined; last = before.at(-1)) {
    const affine = affineOf(last);
    // A normalisation by what is computed is a module's own, with its scale and shift.
    if (affine === undefined || before.some(({ kind }) => kind === "standardized")) break;
    layer = precededBy(layer, affine);
    before.pop();
  }
  return layer;
}

function affineOf(step: Step): Affine | undefined {
  if (step.kind === "bias") return { shift: step.weight.data, source: step.weight.source };
  if (step.kind === "scale") return { scale: step.weight.data };
  return step.kind === "norm" ? normAffine(step) : undefined;
}

/** γ / √(σ² + ε) and β - μ · γ / √(σ² + ε) */
function normAffine({ op, parameters, epsilon }: NormStep): Affine {
  const [gamma, beta, mean, variance] = parameters;
  if (gamma === undefined || beta === undefined || mean === undefined || variance === undefined)
    return mismatch(op, "a part of its normalisation is missing");
  const deviation = sqrtWeight(binaryWeight("add", variance.data, constantWeight([], epsilon)));
  const scale = binaryWeight("div", gamma.data, deviation);
  const shift = binaryWeight("sub", beta.data, binaryWeight("mul", mean.data, scale));
  return { scale, shift, source: beta.source };
}

function followedBy(layer: LinearStep, { scale, shift, source }: Affine): LinearStep {
  const { weight, bias } = layer;
  const scaled = bias && scale ? binaryWeight("mul", bias.data, scale) : bias?.data;
  const data = scaled && shift ? binaryWeight("add", scaled, shift) : (shift ?? scaled);
  return {
    ...layer,
    weight: scale ? { ...weight, data: binaryWeight("mul", weight.data, scale) } : weight,
    bias: data && { source: (bias ?? { source }).source, data, role: "trainable" },
  };
}

function precededBy(layer: LinearStep, { scale, shift, source }: Affine): LinearStep {
  const { weight, bias } = layer;
  const columns = scale && product("mul", weight.data, scale, weight.data.dims);
  const moved = shift && product("matmul", weight.data, shift, [layer.outputs]);
  const data = bias && moved ? binaryWeight("add", bias.data, moved) : (moved ?? bias?.data);
  return {
    ...layer,
    weight: columns ? { ...weight, data: columns } : weight,
    bias: data && { source: (bias ?? { source }).source, data, role: "trainable" },
  };
}

/** W · diag(v) or W · v, in float32. */
function product(
  kind: "mul" | "matmul",
  matrix: WeightExpr,
  vector: WeightExpr,
  dims: readonly number[],
): WeightExpr {
  const column = kind === "mul" ? vector : reshapeWeight(vector, [...vector.dims, 1]);
  const operands = [matrix, column ?? vector].map((data) => ({ dtype: "float32" as const, data }));
  const { data } = computedWeight(kind, operands, {});
  return reshapeWeight(data, dims) ?? data;
}
