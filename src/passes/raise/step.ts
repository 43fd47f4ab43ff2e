import type { ActivationName } from "../../ir/activations.js";
import type { Op, Value } from "../../ir/graph.js";
import type { Dataflow } from "./dataflow.js";
import type { RaisedParameter } from "./weights.js";

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
