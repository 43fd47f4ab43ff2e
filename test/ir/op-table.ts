import { definitionOf, type OpName } from "../../src/ir/ops/registry.js";
import { type Dim, type TensorType, TypeRefusal, tensorType } from "../../src/ir/types.js";

/**
 * Operand types as their sizes, `N 3 8 8`, and what an op makes of them. An int64 tensor of known elements stands in
 * braces, `{N 3}`, and a scalar of that type as `{N}!`.
 */
export interface Case {
  readonly operands: readonly string[];
  readonly attributes?: Readonly<Record<string, unknown>>;
  /** The result's sizes. */
  readonly result: string;
  /** Multiply-accumulates for one image. */
  readonly macs?: number;
}

export interface Refusal {
  readonly operands: readonly string[];
  readonly attributes?: Readonly<Record<string, unknown>>;
  /** A part of the message. */
  readonly says: string | RegExp;
}

export interface Table {
  readonly accepts: readonly Case[];
  readonly refuses: readonly Refusal[];
}

/** The type that a text of a case stands for. */
export function typeOf(text: string): TensorType {
  const sizes = sizesOf(text.replace(/[{}!]/g, ""));
  if (!text.startsWith("{")) return tensorType(sizes);
  return tensorType(text.endsWith("!") ? [] : [sizes.length], "int64", sizes);
}

function sizesOf(text: string): Dim[] {
  return (text === "" ? [] : text.split(" ")).map((dim) => (/^-?\d+$/.test(dim) ? Number(dim) : dim));
}

/** The attributes as the op takes them, or the reason why it doesn't. */
export function attributesOf(
  name: OpName,
  written: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  const parsed = definitionOf(name).attributes.safeParse(written);
  if (parsed.success) return parsed.data;
  throw new TypeRefusal(
    parsed.error.issues.map((each) => `${each.path.join(".")}: ${each.message}`).join("; "),
  );
}
