import { oneVisibleLine } from "../../base/visible-text.js";
import { shownNames } from "../network/names.js";
import type { ReportedNetwork } from "../network/network.js";
import type { ChartPart } from "../network/parts.js";
import { gatesChart, mostCosts, stagesChart } from "./network-charts.js";
import type { TopLevelSpec } from "./vega.js";

/** One chart of each network, beside each other with the same axis, as one SVG on white. */
export async function networksChart(networks: readonly ReportedNetwork[], part: ChartPart): Promise<string> {
  const names = shownNames(networks.map(({ file }) => file));
  const most = part === "gates" ? 0 : mostCosts(networks, part);
  const charts = networks.map(({ stages, gates }, i) => {
    const {
      config: _,
      background: __,
      padding: ___,
      ...chart
    } = part === "gates" ? gatesChart(gates) : stagesChart(stages, part, most);
    return { ...chart, title: oneVisibleLine(names[i] ?? "") };
  });
  const { chartSvg } = await import("./vega.js");
  const { config } = gatesChart([]);
  return await chartSvg({ hconcat: charts, config, background: "white", padding: 12 } as TopLevelSpec);
}
