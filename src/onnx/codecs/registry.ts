import { isPrimitive, OP_NAMES, type OpName } from "../../ir/ops/registry.js";
import { abs } from "./abs.js";
import { add } from "./add.js";
import { avgPool } from "./avg-pool.js";
import { batchNorm } from "./batch-norm.js";
import { cast } from "./cast.js";
import { ceil } from "./ceil.js";
import { clip } from "./clip.js";
import type { OnnxCodec, OperatorName } from "./codec.js";
import { concat } from "./concat.js";
import { conv } from "./conv.js";
import { conv1d } from "./conv-1d.js";
import { div } from "./div.js";
import { dropout } from "./dropout.js";
import { elu } from "./elu.js";
import { erf } from "./erf.js";
import { exp } from "./exp.js";
import { expand } from "./expand.js";
import { flatten } from "./flatten.js";
import { floor } from "./floor.js";
import { gather } from "./gather.js";
import { gemm } from "./gemm.js";
import { generalGemm } from "./general-gemm.js";
import { globalAvgPool } from "./global-avg-pool.js";
import { globalMaxPool } from "./global-max-pool.js";
import { hardSigmoid } from "./hard-sigmoid.js";
import { hardSwish } from "./hard-swish.js";
import { identity } from "./identity.js";
import { instanceNorm } from "./instance-norm.js";
import { layerNorm } from "./layer-norm.js";
import { leakyRelu } from "./leaky-relu.js";
import { log } from "./log.js";
import { logSoftmax } from "./log-softmax.js";
import { matmul } from "./matmul.js";
import { max } from "./max.js";
import { maxPool } from "./max-pool.js";
import { min } from "./min.js";
import { mul } from "./mul.js";
import { neg } from "./neg.js";
import { pad } from "./pad.js";
import { pow } from "./pow.js";
import { prelu } from "./prelu.js";
import { reciprocal } from "./reciprocal.js";
import { reduceMax } from "./reduce-max.js";
import { reduceMean } from "./reduce-mean.js";
import { reduceMin } from "./reduce-min.js";
import { reduceProd } from "./reduce-prod.js";
import { reduceSum } from "./reduce-sum.js";
import { relu } from "./relu.js";
import { reshape } from "./reshape.js";
import { reshapeTo } from "./reshape-to.js";
import { resize } from "./resize.js";
import { shape } from "./shape.js";
import { sigmoid } from "./sigmoid.js";
import { slice } from "./slice.js";
import { slopedHardSigmoid } from "./sloped-hard-sigmoid.js";
import { softmax } from "./softmax.js";
import { softplus } from "./softplus.js";
import { sqrt } from "./sqrt.js";
import { squeeze } from "./squeeze.js";
import { sub } from "./sub.js";
import { sum } from "./sum.js";
import { tanh } from "./tanh.js";
import { transpose } from "./transpose.js";
import { unsqueeze } from "./unsqueeze.js";

/** The codec of every primitive op: one that is missing is a compile error. */
export const codecs: { readonly [N in OperatorName]: OnnxCodec<N> } = {
  abs,
  add,
  avg_pool: avgPool,
  batch_norm: batchNorm,
  cast,
  ceil,
  clip,
  concat,
  conv,
  conv_1d: conv1d,
  div,
  dropout,
  elu,
  erf,
  exp,
  expand,
  flatten,
  floor,
  gather,
  gemm,
  general_gemm: generalGemm,
  global_avg_pool: globalAvgPool,
  global_max_pool: globalMaxPool,
  hard_sigmoid: hardSigmoid,
  hard_swish: hardSwish,
  identity,
  instance_norm: instanceNorm,
  layer_norm: layerNorm,
  leaky_relu: leakyRelu,
  log,
  log_softmax: logSoftmax,
  matmul,
  max,
  max_pool: maxPool,
  min,
  mul,
  neg,
  pad,
  pow,
  prelu,
  reciprocal,
  reduce_max: reduceMax,
  reduce_mean: reduceMean,
  reduce_min: reduceMin,
  reduce_prod: reduceProd,
  reduce_sum: reduceSum,
  relu,
  reshape,
  reshape_to: reshapeTo,
  resize,
  shape,
  sigmoid,
  slice,
  sloped_hard_sigmoid: slopedHardSigmoid,
  softmax,
  softplus,
  sqrt,
  squeeze,
  sub,
  sum,
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
  const { operator, general }: Pick<OnnxCodec, "operator" | "general"> = codecs[name];
  const others = opsByOperator.get(operator) ?? [];
  opsByOperator.set(operator, general ? [...others, name] : [name, ...others]);
}

/**
 * The ops that an ONNX operator may be read as, in the order in which they are tried: some are one form of an operator
 * each. None for an operator that no op is.
 */
export function opsOfOperator(operator: string): readonly OperatorName[] {
  return opsByOperator.get(operator) ?? [];
}

export const KNOWN_OPERATORS: readonly string[] = [...opsByOperator.keys()];
