import { isPrimitive, OP_NAMES, type OpName } from "../../ir/ops/registry.js";
import type { OnnxCodec, OperatorName } from "../codec.js";
import { add } from "./add.js";
import { avgPool } from "./avg-pool.js";
import { batchNorm } from "./batch-norm.js";
import { cast } from "./cast.js";
import { clip } from "./clip.js";
import { concat } from "./concat.js";
import { conv } from "./conv.js";
import { conv1d } from "./conv-1d.js";
import { div } from "./div.js";
import { erf } from "./erf.js";
import { expand } from "./expand.js";
import { flatten } from "./flatten.js";
import { gather } from "./gather.js";
import { gemm } from "./gemm.js";
import { globalAvgPool } from "./global-avg-pool.js";
import { globalMaxPool } from "./global-max-pool.js";
import { hardSigmoid } from "./hard-sigmoid.js";
import { hardSigmoidFifth } from "./hard-sigmoid-0.2.js";
import { hardSwish } from "./hard-swish.js";
import { identity } from "./identity.js";
import { matmul } from "./matmul.js";
import { maxPool } from "./max-pool.js";
import { mul } from "./mul.js";
import { pad } from "./pad.js";
import { reduceMax } from "./reduce-max.js";
import { reduceMean } from "./reduce-mean.js";
import { relu } from "./relu.js";
import { reshape } from "./reshape.js";
import { reshapeTo } from "./reshape-to.js";
import { shape } from "./shape.js";
import { sigmoid } from "./sigmoid.js";
import { slice } from "./slice.js";
import { softmax } from "./softmax.js";
import { sqrt } from "./sqrt.js";
import { squeeze } from "./squeeze.js";
import { sub } from "./sub.js";
import { tanh } from "./tanh.js";
import { transpose } from "./transpose.js";
import { unsqueeze } from "./unsqueeze.js";

/** The codec of every primitive op: one that is missing is a compile error. */
export const codecs: { readonly [N in OperatorName]: OnnxCodec<N> } = {
  add,
  avg_pool: avgPool,
  batch_norm: batchNorm,
  cast,
  clip,
  concat,
  conv,
  conv_1d: conv1d,
  div,
  erf,
  expand,
  flatten,
  gather,
  gemm,
  global_avg_pool: globalAvgPool,
  global_max_pool: globalMaxPool,
  hard_sigmoid: hardSigmoid,
  "hard_sigmoid_0.2": hardSigmoidFifth,
  hard_swish: hardSwish,
  identity,
  matmul,
  max_pool: maxPool,
  mul,
  pad,
  reduce_max: reduceMax,
  reduce_mean: reduceMean,
  relu,
  reshape,
  reshape_to: reshapeTo,
  shape,
  sigmoid,
  slice,
  softmax,
  sqrt,
  squeeze,
  sub,
  tanh,
  transpose,
  unsqueeze,
};

/** Whether an op is an operator of ONNX, which has a codec. */
export function isOperator(name: OpName): name is OperatorName {
  return isPrimitive(name) && name !== "opaque";
}

const opsByOperator = new Map<string, OperatorName[]>();
for (const name of OP_NAMES.filter(isOperator)) {
  const { operator } = codecs[name];
  opsByOperator.set(operator, [...(opsByOperator.get(operator) ?? []), name]);
}

/**
 * The ops that an ONNX operator may be read as, in the order in which they are tried: some are one form of an operator
 * each. None for an operator that no op is.
 */
export function opsOfOperator(operator: string): readonly OperatorName[] {
  return opsByOperator.get(operator) ?? [];
}

export const KNOWN_OPERATORS: readonly string[] = [...opsByOperator.keys()];
