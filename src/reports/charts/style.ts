import { COLOURS } from "../colours.js";
import type { TopLevelSpec } from "./vega.js";

/** The style that charts in pages have in common. Their words stand in the page, so that the picture needs no names of its own. */
export const CHART_STYLE = {
  background: "transparent",
  padding: 4,
  config: {
    aria: false,
    font: "system-ui, sans-serif",
    view: { stroke: null },
    axis: {
      labelColor: COLOURS.muted.light,
      titleColor: COLOURS.muted.light,
      titleFontWeight: "normal",
      gridColor: COLOURS.grid.light,
      domainColor: COLOURS.line.light,
      tickColor: COLOURS.line.light,
      labelFontSize: 11,
      titleFontSize: 11,
    },
    legend: {
      labelColor: COLOURS.ink.light,
      titleColor: COLOURS.muted.light,
      labelFontSize: 12,
      symbolStrokeWidth: 0,
    },
    text: { color: COLOURS.ink.light, fontSize: 11 },
    title: { color: COLOURS.ink.light, fontSize: 13, anchor: "start" },
  },
} as const satisfies Partial<TopLevelSpec>;
