import { oneVisibleLine } from "../../base/visible-text.js";
import { COLOURS, gateColour } from "../colours.js";
import type { ReportedGate, ReportedNetwork } from "../network/network.js";
import { type Costs, SHARES, type StageCosts } from "../network/shares.js";
import { CHART_STYLE } from "./style.js";
import type { TopLevelSpec } from "./vega.js";

/** A chart fits a telephone, and three stand beside each other. */
const WIDTH = 280;
/**
 * Of one bar, and of a line of text. Bars have no round corners: these are cut out by paths with ids, which are others in each picture of a
 * process.
 */
const STEP = 20;

/** The longest bar of all networks. */
export function mostCosts(networks: readonly ReportedNetwork[], number: keyof Costs): number {
  const sums = networks.flatMap(({ stages }) =>
    stages.map(({ shares }) => Object.values(shares).reduce((sum, costs) => sum + costs[number], 0)),
  );
  return Math.max(1, ...sums);
}

/**
 * Stacked bars of one number by stage, parted into what it is for.
 *
 * @param most the end of the axis, so that charts beside each other can be compared
 */
export function stagesChart(costs: readonly StageCosts[], number: keyof Costs, most: number): TopLevelSpec {
  const stages = costs.map(({ stage, shares }) => ({ stage: oneVisibleLine(stage), shares }));
  const values = stages.flatMap(({ stage, shares }) =>
    SHARES.map((share, order) => ({ stage, share, order, value: shares[share][number] })),
  );
  const used = SHARES.filter((share) => values.some((each) => each.share === share && each.value > 0));
  return {
    ...CHART_STYLE,
    width: WIDTH,
    height: { step: STEP },
    data: { values: values.filter(({ value }) => value > 0) },
    mark: "bar",
    encoding: {
      y: {
        field: "stage",
        type: "nominal",
        sort: null,
        scale: { domain: stages.map(({ stage }) => stage) },
        axis: { title: null, ticks: false, domain: false, labelLimit: 200 },
      },
      x: {
        field: "value",
        type: "quantitative",
        scale: { domain: [0, most] },
        axis: { title: null, format: "~s", tickCount: 4, domain: false },
      },
      order: { field: "order", type: "quantitative" },
      color: {
        field: "share",
        type: "nominal",
        sort: null,
        scale: { domain: used, range: used.map((share) => COLOURS[share].light) },
        legend: { title: null, orient: "top", direction: "horizontal" },
      },
    },
  };
}

/** C of each gate as a bar in the colour of its kind, with what else it is: `eca, k = 5`. */
export function gatesChart(gates: readonly ReportedGate[]): TopLevelSpec {
  const labels = labelsOf(gates.map(({ at }) => at));
  const values = gates.map(({ kind, channels, text }, order) => ({
    at: labels[order] ?? "",
    order,
    kind,
    channels: channels ?? 0,
    text: oneVisibleLine(`${channels ?? "?"}: ${text}`),
  }));
  const kinds = [...new Set(gates.map(({ kind }) => kind))];
  const scopes = [...new Set(values.map(({ at }) => at))];
  // Room behind the longest bar for its text.
  const ends = [0, Math.max(1, ...values.map(({ channels }) => channels)) * 2];
  const y = {
    field: "at",
    type: "nominal",
    sort: null,
    scale: { domain: scopes },
    axis: { title: null, ticks: false, domain: false, labelLimit: 200 },
  } as const;
  const x = {
    field: "channels",
    type: "quantitative",
    scale: { domain: ends },
    axis: null,
  } as const;
  return {
    ...CHART_STYLE,
    width: WIDTH,
    height: { step: STEP },
    data: { values },
    layer: [
      {
        mark: "bar",
        encoding: {
          y,
          x,
          color: {
            field: "kind",
            type: "nominal",
            scale: { domain: kinds, range: kinds.map(gateColour) },
            legend: null,
          },
        },
      },
      {
        mark: { type: "text", align: "left", dx: 5 },
        encoding: { y, x, text: { field: "text", type: "nominal" } },
      },
    ],
  };
}

/** `stage 2 block 0`; other scopes without what all gates have. */
/** Characters of a scope that a chart has room for. */
const LONGEST_LABEL = 26;

/** Scopes as labels; of long ones the end, which tells them apart, unless it doesn't. */
function labelsOf(scopes: readonly string[]): readonly string[] {
  const short = scopes.map(shortScope);
  const ends = short.map((text) =>
    text.length > LONGEST_LABEL ? `…${text.slice(1 - LONGEST_LABEL)}` : text,
  );
  return new Set(ends).size === new Set(short).size ? ends : short;
}

function shortScope(scope: string): string {
  return scope.replace(/^\/stages\/(\d+)\/blocks\/(\d+)/, "stage $1 block $2").replace(/\/attention$/, "");
}
