import type * as z from "zod";
import { attentionModules, selectionModules } from "../attention/modules.js";
import type { OpDefinition } from "../op.js";
import { abs } from "./abs.js";
import { add } from "./add.js";
import { avgPool } from "./avg-pool.js";
import { batchNorm } from "./batch-norm.js";
import { cast } from "./cast.js";
import { ceil } from "./ceil.js";
import { clip } from "./clip.js";
import { concat } from "./concat.js";
import { conv } from "./conv.js";
import { conv1d } from "./conv-1d.js";
import { div } from "./div.js";
import { dropPath } from "./drop-path.js";
import { dropout } from "./dropout.js";
import { elu } from "./elu.js";
import { erf } from "./erf.js";
import { exp } from "./exp.js";
import { expand } from "./expand.js";
import { flatten } from "./flatten.js";
import { floor } from "./floor.js";
import { gather } from "./gather.js";
import { gelu } from "./gelu.js";
import { gemm } from "./gemm.js";
import { generalGemm } from "./general-gemm.js";
import { globalAvgPool } from "./global-avg-pool.js";
import { globalMaxPool } from "./global-max-pool.js";
import { hardSigmoid } from "./hard-sigmoid.js";
import { hardSigmoidFifth } from "./hard-sigmoid-0.2.js";
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
import { opaque } from "./opaque.js";
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
import { relu6 } from "./relu6.js";
import { reshape } from "./reshape.js";
import { reshapeTo } from "./reshape-to.js";
import { resize } from "./resize.js";
import { shape } from "./shape.js";
import { sigmoid } from "./sigmoid.js";
import { silu } from "./silu.js";
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

const modelOps = {
  ...attentionOps(),
  drop_path: dropPath,
  gelu,
  "hard_sigmoid_0.2": hardSigmoidFifth,
  relu6,
  silu,
} as const;

const primitiveOps = {
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
  opaque,
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
} as const;

/** Every op of the IR by its name. A new op is its file and a line above. */
export const ops = { ...modelOps, ...primitiveOps } satisfies { readonly [name: string]: OpDefinition };

export type OpName = keyof typeof ops;
export type PrimitiveOpName = keyof typeof primitiveOps;
export type ModelOpName = keyof typeof modelOps;

/** The attributes of an op, every default filled in. */
export type AttributesOf<N extends OpName> = z.output<(typeof ops)[N]["attributes"]>;
/** The attributes of an op as one may give them: those with a default may be left out. */
export type AttributesInput<N extends OpName> = z.input<(typeof ops)[N]["attributes"]>;

export const OP_NAMES = Object.keys(ops) as readonly OpName[];

export function isOpName(name: string): name is OpName {
  return Object.hasOwn(ops, name);
}

export function isPrimitive(name: OpName): name is PrimitiveOpName {
  return Object.hasOwn(primitiveOps, name);
}

/** The definition of an op without its exact type, for code that treats all ops alike. */
export function definitionOf(name: OpName): OpDefinition {
  return ops[name];
}

type Modules = typeof attentionModules & typeof selectionModules;

type AttentionOps = { [K in keyof Modules as `attention.${K}`]: Modules[K]["op"] };

/** The attention modules' ops: a module brings its op along, so one line registers both. */
function attentionOps(): AttentionOps {
  return Object.fromEntries(
    Object.values({ ...attentionModules, ...selectionModules }).map(({ op }) => [op.name, op]),
  ) as AttentionOps;
}
