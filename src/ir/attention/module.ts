import type * as z from "zod";
import { withLate } from "../../base/late.js";
import {
  DEFAULT_INITIALIZATION,
  type Initialization,
  type InitializationName,
  type Initializer,
  initializations,
} from "../initializers.js";
import type { AnyModelOp, AttributeSchema, ModelOp } from "../op.js";
import type { AnyNamed, Named, OperandRecord } from "../operands.js";
import type { Tensor } from "../tensor.js";
import { elementCount, type TensorType } from "../types.js";
import type { IdentityStart } from "./identity.js";

/** Where a gate stands: what its options may be relative to. */
export interface AttentionSite {
  /** Channels of the tensor that is gated (in an inverted residual the expanded ones). */
  readonly channels: number;
  /** Channels that enter the block. */
  readonly blockInputChannels: number;
  /** Maps of so many channels that the tensor has one after the other, for a module that selects between them. */
  readonly paths?: number | undefined;
  /** Height and width of that tensor; undefined where options are checked before there are any tensors. */
  readonly map?: readonly [height: number, width: number] | undefined;
  /** The stage's index, from 0; undefined outside of the stages. */
  readonly stage?: number | undefined;
  /** How the network's parameters start. Left out: the default. */
  readonly initialization?: InitializationName | undefined;
}

/** How the layers of a gate start: as those of the network around it. */
export function initializationAt({ initialization = DEFAULT_INITIALIZATION }: AttentionSite): Initialization {
  return initializations[initialization];
}

/** On which side of a gate a layer stands: it makes the gate's operand, or it reads its result. */
export type GateSide = "before" | "after";

/** What a gate of given options is at a given site. The parameters are the op's operands after x, in order. */
export interface AttentionPlan<A> {
  readonly attributes: A;
  readonly parameters: readonly PlannedParameter[];
}

export interface PlannedParameter {
  /** The name below the gate's scope. */
  readonly name: string;
  readonly dims: readonly number[];
  readonly init: Initializer;
  /** `buffer` for running statistics; left out, trainable. */
  readonly role?: "buffer";
}

/** A layer of a gate, weight and bias, which start as those of the network around it. */
export function layerParameters(
  name: string,
  dims: readonly number[],
  site: AttentionSite,
  groups = 1,
): readonly PlannedParameter[] {
  const { conv, convBias } = initializationAt(site);
  return [
    { name: `${name}.weight`, dims, init: conv(groups) },
    { name: `${name}.bias`, dims: dims.slice(0, 1), init: convBias(elementCount(dims.slice(1))) },
  ];
}

/** What is true of every kind of attention; `Types` are its op's operands by name. */
interface ModuleFacts<Options, Attributes, Types> {
  readonly title: string;
  /** Refuses (`refuse`) options that make no sense at this site. */
  plan(options: Options, site: AttentionSite): AttentionPlan<Attributes>;
  /**
   * The options for a gate that replaces one of the same kind: what a person wrote of the old gate
   * holds unless the new options say otherwise. Left out where a gate keeps nothing that was written.
   */
  inherit?(options: Options, replaced: Attributes): Options;
  /** How a gate of this plan starts that changes nothing but by a factor, or why it can't. */
  identity(plan: AttentionPlan<Attributes>, site: AttentionSite): IdentityStart;
  /** What is left of x without the attention. Left out: x itself. */
  bypass?(x: Tensor, attributes: Attributes): Tensor;
  /** What a reader wants to know of one gate, in a few words: `k = 5`, `96 → 4 → 96`. */
  describe(attributes: Attributes, operands: Types): string;
}

/** One kind of attention: what a spec may say of it, the op that it is, and how the one becomes the other. */
export interface DefinedAttention<
  T extends string,
  O extends z.ZodObject,
  P extends OperandRecord,
  A extends AttributeSchema,
> extends ModuleFacts<z.output<O>, z.output<A>, Named<P, TensorType>> {
  readonly type: T;
  /** The options, without `type`; each with a description, and a default where there is one. */
  readonly options: O;
  /** The op `attention.TYPE`: operand x, then the parameters; result x gated. */
  readonly op: ModelOp<P, A>;
}

/** Any kind of attention without its exact type. */
export interface AttentionModule
  extends ModuleFacts<
    Readonly<Record<string, unknown>>,
    Readonly<Record<string, unknown>>,
    AnyNamed<TensorType>
  > {
  readonly type: string;
  readonly options: z.ZodObject;
  readonly op: AnyModelOp;
}

/** Gives a module its exact type. Its options are made when they are needed. */
export function defineAttention<
  const T extends string,
  O extends z.ZodObject,
  P extends OperandRecord,
  A extends AttributeSchema,
>(
  module: Omit<DefinedAttention<T, O, P, A>, "options"> & { readonly options: () => O },
): DefinedAttention<T, O, P, A> {
  return withLate(module, "options", module.options);
}
