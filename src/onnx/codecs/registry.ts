import { isPrimitive, OP_NAMES, type OpName } from "../../ir/ops/registry.js";
import type { OnnxCodec, OperatorName } from "../codec.js";
import { add } from "./add.js";
import { avgPool } from "./avg-pool.js";
import { batchNorm } from "./batch-norm.js";
import { cast } from "./cast.js";
import { clip } from "./clip.js";
import { concat } from "./concat.js";
import { conv } from "./conv.js";
import { div } from "./div.js";
import { erf } from "./erf.js";
import { flatten } from "./flatten.js";
import { gemm } from "./gemm.js";
import { globalAvgPool } from "./global-avg-pool.js";
import { globalMaxPool } from "./global-max-pool.js";
import { hardSigmoid } from "./hard-sigmoid.js";
import { hardSwish } from "./hard-swish.js";
import { matmul } from "./matmul.js";
import { maxPool } from "./max-pool.js";
import { mul } from "./mul.js";
import { pad } from "./pad.js";
import { reduceMax } from "./reduce-max.js";
import { reduceMean } from "./reduce-mean.js";
import { relu } from "./relu.js";
import { reshape } from "./reshape.js";
import { sigmoid } from "./sigmoid.js";
import { slice } from "./slice.js";
import { softmax } from "./softmax.js";
import { sqrt } from "./sqrt.js";
import { sub } from "./sub.js";
import { tanh } from "./tanh.js";
import { transpose } from "./transpose.js";

/** The codec of every primitive op: one that is missing is a compile error. */
export const codecs: { readonly [N in OperatorName]: OnnxCodec<N> } = {
  add,
  avg_pool: avgPool,
  batch_norm: batchNorm,
  cast,
  clip,
  concat,
  conv,
  div,
  erf,
  flatten,
  gemm,
  global_avg_pool: globalAvgPool,
  global_max_pool: globalMaxPool,
  hard_sigmoid: hardSigmoid,
  hard_swish: hardSwish,
  matmul,
  max_pool: maxPool,
  mul,
  pad,
  reduce_max: reduceMax,
  reduce_mean: reduceMean,
  relu,
  reshape,
  sigmoid,
  slice,
  softmax,
  sqrt,
  sub,
  tanh,
  transpose,
};

/** Whether an op is an operator of ONNX, which has a codec. */
export function isOperator(name: OpName): name is OperatorName {
  return isPrimitive(name) && name !== "opaque";
}

const opsByOperator: ReadonlyMap<string, OperatorName> = new Map(
  OP_NAMES.filter(isOperator).map((name) => [codecs[name].operator, name]),
);

/** The op that an ONNX operator is read as; undefined for an operator that no op is. */
export function opOfOperator(operator: string): OperatorName | undefined {
  return opsByOperator.get(operator);
}

export const KNOWN_OPERATORS: readonly string[] = [...opsByOperator.keys()];
