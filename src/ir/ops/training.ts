import * as z from "zod";
import { modelOp, primitiveOp } from "../op.js";
import { floats } from "../operands.js";
import type { Tensor } from "../tensor.js";
import type { TensorType } from "../types.js";

/** What an op is that does something in training and nothing at inference: code for training needs it, export drops it. */
const TRAINING_ONLY = {
  trainingOnly: true as const,
  operands: { x: floats },
  attributes: () => z.strictObject({ rate: z.number().min(0).lt(1) }),
  infer: ({ x }: { readonly x: TensorType }) => x,
  evaluate: ({ x }: { readonly x: Tensor }) => x,
};

export const trainingOps = {
  drop_path: modelOp({
    ...TRAINING_ONLY,
    doc: "training: zeroes the whole branch of a residual block, image by image, with probability rate; inference: x",
    source: "Huang et al., Deep Networks with Stochastic Depth (ECCV 2016)",
  }),
  dropout: primitiveOp({
    ...TRAINING_ONLY,
    doc: "training: zeroes single activations with probability rate; inference: x",
    source: "Srivastava et al., Dropout (JMLR 2014); https://onnx.ai/onnx/operators/onnx__Dropout.html",
    precision: "half",
  }),
};
