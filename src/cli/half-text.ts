import { count } from "../base/numbers.js";
import { oneVisibleLine } from "../base/visible-text.js";
import type { CompileReport } from "../driver/compile/compile.js";
import { label, tensorName } from "./format.js";

/** At most so many tensors are named. */
const NAMED = 3;

/** How a model is in half precision: a line of numbers, what became zero, and what stays in float32 with the reason. */
export function halfText(half: CompileReport["halfPrecision"]): string {
  if (half === undefined) return "";
  const { float16Nodes, float32Nodes, casts, weights, zeroed, zeroedIn, inFloat32 } = half;
  const lost =
    zeroed === 0 ? "" : `, of which ${count(zeroed)} below 3e-8 became zero, in ${namesText(zeroedIn)}`;
  const reasons = [...new Set(inFloat32.map(({ reason }) => reason))];
  const kept = reasons.map((reason) => {
    const operators = inFloat32.filter((each) => each.reason === reason);
    const nodesText = operators.map(({ operator, nodes }) => `${count(nodes)} ${label(operator)}`).join(", ");
    return `  in fp32, as ${label(reason)}: ${nodesText}\n`;
  });
  return `half precision: ${float16Nodes} nodes in fp16, ${float32Nodes} in fp32, ${casts} casts; ${count(weights)} weights in fp16${lost}\n${kept.join("")}`;
}

function namesText(names: readonly string[]): string {
  const named = names.slice(0, NAMED).map((name) => oneVisibleLine(tensorName(name)));
  const more = names.length - named.length;
  return `${named.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}
