import { computedWeight } from "../computed-weight.js";
import { type Initializer, startAtZero } from "../initializers.js";
import { binaryWeight, constantWeight, sqrtWeight, type WeightExpr } from "../weight.js";
import type { ConstantStart } from "./identity.js";
import type { PlannedParameter } from "./module.js";

/** The parameters of a gate with the numbers of a start instead of the usual ones. */
export function startingAt(
  planned: readonly PlannedParameter[],
  { zero, paired = [] }: ConstantStart,
): readonly PlannedParameter[] {
  return planned.map((each) => {
    if (zero.includes(each.name)) return { ...each, init: startAtZero };
    return paired.includes(each.name) ? { ...each, init: inPairs(each.init) } : each;
  });
}

/** The first half of the usual units, then their opposites; a unit that is left over has weights of 0 and more. */
function inPairs(usual: Initializer): Initializer {
  return (dims, stream) => {
    const [units = 1] = dims;
    const all = usual(dims, stream);
    const pairs = Math.floor(units / 2);
    const half = pairs === 0 ? [] : [part(all, 0, pairs)];
    const opposite = half.map((each) => binaryWeight("mul", each, constantWeight([], -1)));
    const rest = units % 2 === 0 ? [] : [magnitude(part(all, units - 1, units))];
    const parts = [...half, ...opposite, ...rest].map((data) => ({ dtype: "float32" as const, data }));
    return computedWeight("concat", parts, { axis: 0 }).data;
  };
}

/** Some of the units, which the first axis counts. */
function part(data: WeightExpr, start: number, end: number): WeightExpr {
  return computedWeight("slice", [{ dtype: "float32", data }], { axis: 0, start, end }).data;
}

function magnitude(data: WeightExpr): WeightExpr {
  return sqrtWeight(binaryWeight("mul", data, data));
}
