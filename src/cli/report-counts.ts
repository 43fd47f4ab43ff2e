import { count, macs } from "../base/numbers.js";
import type { StatsReport } from "../driver/stats/stats.js";
import { tensorName } from "./format.js";

/** What the MACs are counted for. */
export function inputText(input: StatsReport["input"]): string {
  if (input === null) return "one item of the batch";
  return "length" in input
    ? `one signal of ${input.channels}x${input.length}`
    : `one image of ${input.channels}x${input.height}x${input.width}`;
}

/** What is said of a file whose convolutions have biases. */
export function foldingText({
  convolutions,
  parameters,
  buffers,
}: NonNullable<StatsReport["beforeFolding"]>): string {
  return `${count(convolutions)} convolutions have a bias, as folding leaves it of a BatchNorm: with these unfolded ${count(parameters)} parameters and ${count(buffers)} running statistics\n`;
}

/** What a total of MACs leaves out; nothing where it leaves out nothing. */
export function uncountedText({
  productMacs,
  uncounted = [],
  found = {},
}: Pick<StatsReport, "productMacs" | "uncounted" | "found">): string {
  const products =
    productMacs === undefined ? "" : `${macs(productMacs)} MACs more are products of two computed tensors\n`;
  const most = Object.entries(found).map(([name, size]) => `${count(size)} ${tensorName(name)}`);
  const counted = most.length === 0 ? "" : `counted for as many as there can be: ${most.join(", ")}\n`;
  if (uncounted.length === 0) return `${products}${counted}`;
  const nodes = uncounted.reduce((sum, each) => sum + each.nodes, 0);
  const names = uncounted
    .map(({ operator, nodes }) => `${tensorName(operator)} (${count(nodes)})`)
    .join(", ");
  const what = nodes === 1 ? "1 node of this operator" : `${count(nodes)} nodes of these operators`;
  return `${products}${counted}at least: the MACs of ${what} are not counted: ${names}\n`;
}
