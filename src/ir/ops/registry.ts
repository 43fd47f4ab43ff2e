import type * as z from "zod";
import { attentionModules, selectionModules } from "../attention/modules.js";
import type { OnnxOperator, OpDefinition } from "../op.js";
import { type Named, nameOperands } from "../operands.js";
import { refuse } from "../types.js";
import { activationOps } from "./activations.js";
import { convolutions } from "./convolutions.js";
import { elementwise } from "./elementwise.js";
import { linearOps } from "./linear.js";
import { moves } from "./moves.js";
import { norms } from "./norms.js";
import { opaque } from "./opaque.js";
import { pools } from "./pools.js";
import { reductions } from "./reductions.js";
import { regions } from "./regions.js";
import { resizing } from "./resizing.js";
import { selections } from "./selections.js";
import { shapes } from "./shapes.js";
import { trainingOps } from "./training.js";
import { transposedConvolutions } from "./transposed-convolutions.js";
import type { Unary } from "./unary.js";

type Modules = typeof attentionModules & typeof selectionModules;

type AttentionOps = { readonly [K in keyof Modules as `attention.${K}`]: Modules[K]["op"] };

/** The attention modules' ops: a module brings its op along, so one line registers both. */
function attentionOps(): AttentionOps {
  const modules = Object.values({ ...attentionModules, ...selectionModules });
  return Object.fromEntries(modules.map(({ type, op }) => [`attention.${type}`, op])) as AttentionOps;
}

/** Every op of the IR by its name. A new op is its definition in one of the families. */
export const ops = {
  ...attentionOps(),
  ...activationOps,
  ...convolutions,
  ...elementwise,
  ...linearOps,
  ...moves,
  ...norms,
  ...pools,
  ...reductions,
  ...regions,
  ...resizing,
  ...selections,
  ...shapes,
  ...trainingOps,
  ...transposedConvolutions,
  opaque,
} satisfies { readonly [name: string]: OpDefinition };

type Ops = typeof ops;

export type OpName = keyof Ops;
export type PrimitiveOpName = {
  [N in OpName]: Ops[N]["level"] extends "primitive" ? N : never;
}[OpName];
export type ModelOpName = Exclude<OpName, PrimitiveOpName>;
/** The ops whose codecs follow from their definitions. */
export type PlainOpName = {
  [N in OpName]: Ops[N] extends { readonly onnx: OnnxOperator } ? N : never;
}[OpName];

/** The ops that apply one function to every element. */
export type UnaryOpName = { [N in OpName]: Ops[N] extends Unary ? N : never }[OpName];

/** The attributes of an op, every default filled in. */
export type AttributesOf<N extends OpName> = z.output<Ops[N]["attributes"]>;
/** The attributes of an op as one may give them: those with a default may be left out. */
export type AttributesInput<N extends OpName> = z.input<Ops[N]["attributes"]>;
/** What stands for each operand of an op, by the names of its definition. */
export type OperandsOf<N extends OpName, T> = Named<Ops[N]["operands"], T>;

export const OP_NAMES = Object.keys(ops) as readonly OpName[];

export function isOpName(name: string): name is OpName {
  return Object.hasOwn(ops, name);
}

/** A name that must be an op's. */
export function opName(name: string): OpName {
  return isOpName(name) ? name : refuse(`there is no op ${name}`);
}

export function isPrimitive(name: OpName): name is PrimitiveOpName {
  return ops[name].level === "primitive";
}

export const UNARY_OP_NAMES: readonly UnaryOpName[] = OP_NAMES.filter(
  (name): name is UnaryOpName => "apply" in ops[name],
);

export const PLAIN_OP_NAMES: readonly PlainOpName[] = OP_NAMES.filter(
  (name): name is PlainOpName => "onnx" in ops[name],
);

/** The definition of an op without its exact type, for code that treats all ops alike. */
export function definitionOf(name: OpName): OpDefinition {
  return ops[name];
}

/** An op's operands by the names of its definition; those that may be left out are undefined where they are. */
export function operandsOf<N extends OpName, T>({
  kind,
  operands,
}: {
  readonly kind: N;
  readonly operands: readonly T[];
}): OperandsOf<N, T> {
  return nameOperands<Ops[N]["operands"], T>(ops[kind].operands, operands);
}
