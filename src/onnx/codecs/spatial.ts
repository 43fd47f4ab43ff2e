import { refuse } from "../../ir/types.js";
import type { NodeReader } from "../node-reader.js";

// What convolutions and poolings over two spatial axes have in common.

/** The node's pads at the top, left, bottom and right; refuses an auto_pad that depends on the input's size. */
export function fixedPads(node: NodeReader): [number, number, number, number] {
  const autoPad = node.string("auto_pad", "NOTSET");
  if (autoPad !== "NOTSET" && autoPad !== "VALID") refuse(`auto_pad ${autoPad} is not supported`);
  return numbers(node, "pads", 4, 0) as [number, number, number, number];
}

/** An attribute of height and width, by default 1 and 1. */
export function pairOf(node: NodeReader, name: string): [number, number] {
  return numbers(node, name, 2, 1) as [number, number];
}

/** An attribute of `count` numbers, all `absent` where it is left out. */
export function numbers(node: NodeReader, name: string, count: number, absent: number): readonly number[] {
  const values = node.ints(name) ?? new Array<number>(count).fill(absent);
  return values.length === count ? values : refuse(`${name} has ${values.length} numbers, not ${count}`);
}
