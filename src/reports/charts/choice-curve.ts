import { count } from "../../base/numbers.js";
import type { ChoiceReport } from "../../trials/choose-gates.js";
import type { TopLevelSpec } from "./vega.js";

const WIDTH = 420;
const HEIGHT = 260;
const [GREEN, GREY, LIGHT_GREY] = ["#0b7a3e", "#5b6573", "#b8c0cc"];

/** Where the axis of parameters, whose lower end is drawn wide, has numbers: %. */
const PARTS = [0, 1, 5, 10, 20, 40, 60, 80, 100];

/**
 * The networks that a choice looked at as an SVG: the part of their gates' parameters against how far their outputs are off, and,
 * where there is a metric, against that.
 */
export async function choiceCurve(report: ChoiceReport): Promise<string> {
  const { chartSvg } = await import("./vega.js");
  return await chartSvg(specOf(report));
}

function specOf({ budget, metric, curve }: ChoiceReport): TopLevelSpec {
  const values = curve.map((point) => ({
    part: 100 * point.part,
    error: 100 * point.output.relativeError,
    metric: point.metric,
    label: point.chosen ? `${count(point.parameters)} parameters` : "",
    chosen: point.chosen,
  }));
  return {
    background: "white",
    title: { text: `Gates chosen by ${budget}`, anchor: "start", fontSize: 13 },
    data: { values },
    hconcat: [
      panel("error", "error of the outputs, %", { zero: true }),
      ...(metric === undefined ? [] : [panel("metric", "metric", { zero: false }, metric)]),
    ],
  };
}

type Panel = Extract<TopLevelSpec, { readonly hconcat: unknown }>["hconcat"][number];

/** One panel; a dashed line where the original's number is. */
function panel(field: string, title: string, scale: { readonly zero: boolean }, original?: number): Panel {
  const y = { field, type: "quantitative", title, scale } as const;
  const x = {
    field: "part",
    type: "quantitative",
    title: "parameters of gates, % of the original's",
    scale: { type: "sqrt" },
    axis: { values: PARTS },
  } as const;
  const color = { condition: { test: "datum.chosen", value: GREEN }, value: GREY } as const;
  const rule: Panel = {
    mark: { type: "rule", strokeDash: [4, 4] },
    encoding: { y: { datum: original ?? 0 } },
  };
  return {
    ...{ width: WIDTH, height: HEIGHT },
    layer: [
      ...(original === undefined ? [] : [rule]),
      { mark: { type: "line", color: LIGHT_GREY }, encoding: { x, y } },
      { mark: { type: "point", filled: true, opacity: 1, size: 70 }, encoding: { x, y, color } },
      {
        mark: { type: "text", align: "left", dx: 8, dy: -7, fontWeight: "bold" },
        encoding: { x, y, text: { field: "label", type: "nominal" }, color },
      },
    ],
  };
}
