import type { ActivationName } from "../../ir/activations.js";
import type { Op, Value } from "../../ir/graph.js";
import type { Dataflow } from "./dataflow.js";
import { mismatch } from "./mismatch.js";
import { constantVector, type RaisedParameter, withDims } from "./weights.js";

/** y[o] = Σᵢ weight[o,i] · x[i] + bias[o], over the channels; in groups, each of its own inputs. */
export interface LinearStep {
  readonly kind: "linear";
  readonly op: Op;
  /** [outputs, inputs / groups] */
  readonly weight: RaisedParameter;
  readonly outputs: number;
  readonly groups: number;
  readonly bias?: RaisedParameter | undefined;
}

/**
 * A convolution along the channels that gives as many: y[c] = Σⱼ weight[0,0,j] · x[c + j - (k-1)/2] + bias. Beyond the ends
 * x is 0, or the channels are a ring.
 */
export interface KernelStep {
  readonly kind: "kernel";
  readonly op: Op;
  /** [outputs, inputs, k] */
  readonly weight: RaisedParameter;
  readonly kernel: number;
  readonly padding: "zeros" | "circular";
  readonly bias?: RaisedParameter | undefined;
}

export interface ActivationStep {
  readonly kind: "activation";
  readonly op: Op;
  readonly name: ActivationName;
}

/** One number for each channel, added or multiplied. */
export interface PerChannelStep {
  readonly kind: "bias" | "scale";
  readonly op: Op;
  readonly weight: RaisedParameter;
}

/** Batch normalisation with its running statistics. */
export interface NormStep {
  readonly kind: "norm";
  readonly op: Op;
  /** Scale, shift, mean and variance. */
  readonly parameters: readonly RaisedParameter[];
  readonly epsilon: number;
}

/** Layer normalisation over the channels, without scale and shift. */
export interface StandardizedStep {
  readonly kind: "standardized";
  readonly op: Op;
  readonly epsilon: number;
}

/** exp(x) / Σ exp(x) over the channels. */
export interface SoftmaxStep {
  readonly kind: "softmax";
  readonly op: Op;
}

/** Every number multiplied by the same one. */
export interface FactorStep {
  readonly kind: "factor";
  readonly op: Op;
  readonly factor: number;
}

/** One step on the way from what a gate squeezes to the gate. */
export type Step =
  | LinearStep
  | KernelStep
  | ActivationStep
  | PerChannelStep
  | NormStep
  | StandardizedStep
  | SoftmaxStep
  | FactorStep;

/** A step that computes a value, and the value that it starts from. */
export interface ReadStep {
  readonly step: Step;
  readonly from: Value;
  /** The ops that the step consists of. */
  readonly ops: readonly Op[];
}

/** Reads the step whose last op computes a value; undefined where it is another kind of step. */
export type StepReader = (value: Value, op: Op, flow: Dataflow) => ReadStep | undefined;

/** The layer's weights as those of a 1×1 convolution. */
export function asConvolution({ op, weight }: LinearStep): RaisedParameter {
  return withDims(op, weight, [...weight.data.dims, 1, 1]);
}

/** The weights of two layers after each other, and both their biases or none: where one has none, its bias is 0. */
export interface Excitation {
  readonly weights: readonly [reduce: RaisedParameter, expand: RaisedParameter];
  readonly biases: readonly [] | readonly [reduce: RaisedParameter, expand: RaisedParameter];
}

export function excitationOf(reduce: LinearStep, expand: LinearStep): Excitation {
  for (const { op, groups } of [reduce, expand]) {
    if (groups !== 1) mismatch(op, `it is cut into ${groups} groups`);
  }
  return {
    weights: [asConvolution(reduce), asConvolution(expand)],
    biases: reduce.bias === undefined && expand.bias === undefined ? [] : [biasOf(reduce), biasOf(expand)],
  };
}

export function biasOf({ bias, outputs }: LinearStep): RaisedParameter {
  return bias ?? constantVector(outputs, 0);
}

/** ε of a normalisation that is none: any would do. */
const EPSILON = 1e-5;

/** The operands of a batch normalisation, and its ε. */
export interface RaisedNorm {
  readonly parameters: readonly RaisedParameter[];
  readonly epsilon: number;
}

/**
 * The normalisation after a layer of so many channels. One that was folded into the layer is left as its bias: as a
 * normalisation that is a bias with a scale of 1, a mean of 0 and a variance of 1 - ε. These constants are nothing that
 * was trained, and don't count.
 */
export function normOf(
  channels: number,
  norm: NormStep | undefined,
  bias: RaisedParameter | undefined,
): RaisedNorm {
  if (norm !== undefined) return { parameters: norm.parameters, epsilon: norm.epsilon };
  const constant = (value: number): RaisedParameter => constantVector(channels, value);
  return {
    parameters: [constant(1), bias ?? constant(0), constant(0), constant(1 - EPSILON)],
    epsilon: EPSILON,
  };
}
