import { Defect } from "../../base/diagnostic.js";
import type { AttentionSite } from "../../ir/attention/module.js";
import type { Value } from "../../ir/graph.js";
import { constantWeight } from "../../ir/weight.js";
import type { ResolvedDefined } from "../../language/definitions/resolved-definition.js";
import type { ResolvedBranches } from "../../language/definitions/resolved-layers.js";
import type { LayerBuilder } from "./layers.js";

/** One map of the maps that branches lead to. A single branch is its own result. */
export function join(
  layers: LayerBuilder,
  results: readonly Value[],
  name: string,
  how: ResolvedBranches["join"],
  block: Pick<ResolvedDefined, "channels" | "inputChannels" | "stage" | "initialization">,
): Value {
  const [first, ...more] = results;
  if (first === undefined) throw new Defect("branches without a branch");
  if (more.length === 0) return first;
  if (how === "concat") return layers.op("concat", results, { axis: 1 }, `${name}/concat`);
  if (how === "sum" || how === "mean") {
    const sum = more.reduce(
      (all, value, i) => layers.add(all, value, `${name}/${i === more.length - 1 ? "sum" : `sum/${i}`}`),
      first,
    );
    return how === "sum" ? sum : share(layers, sum, name, results.length);
  }
  const stacked = layers.op("concat", results, { axis: 1 }, `${name}/paths`);
  const { channels, inputChannels, stage, initialization } = block;
  const site: AttentionSite = {
    channels,
    blockInputChannels: inputChannels,
    paths: results.length,
    stage,
    initialization,
  };
  return layers.selection(stacked, how, site, `${name}/select`);
}

/** 1/n of the sum of n maps. */
function share(layers: LayerBuilder, sum: Value, name: string, count: number): Value {
  const factor = layers.parameter(`${name}.share`, [], () => constantWeight([], 1 / count), "fixed");
  return layers.op("mul", [sum, factor], {}, `${name}/mean`);
}
