import { count } from "../../base/numbers.js";
import type { Quantity } from "../../language/sweep/quantities.js";
import { CHART_STYLE } from "../../reports/charts/style.js";
import type { TopLevelSpec } from "../../reports/charts/vega.js";
import { COLOURS } from "../../reports/colours.js";
import { isLogarithmic, type SweepFront, type WeighedRow, weighedRows } from "./front.js";
import { type SweepRow, settingsOf } from "./row.js";

/** Of a picture by itself; and of one in a page, which fits a telephone. */
const SIZES = {
  alone: { width: 560, height: 380, legend: { orient: "right" } },
  page: { width: 290, height: 260, legend: { orient: "top", columns: 4, labelLimit: 70 } },
} as const;

/** Okabe and Ito's colours, which people with any colour vision tell apart, the darker ones first. */
const SERIES = ["#d55e00", "#009e73", "#0072b2", "#cc79a7", "#e69f00", "#56b4e9", "#5b6573", "#8c6d1f"];
const SHAPES = ["circle", "diamond", "square", "triangle-up", "cross", "triangle-down", "stroke", "wedge"];

const TITLES: Readonly<Record<Quantity, string>> = {
  parameters: "parameters",
  attentionParameters: "parameters of attention",
  buffers: "running statistics",
  macs: "multiply-accumulates",
  gateCount: "gates",
  medianMs: "median time, ms",
};

/**
 * The variants by the two numbers that are weighed, as the SVG of a chart: in colours and shapes by what is varied, the front as a line, its
 * knee named. Variants that do not keep to the constraints are not in it.
 */
export async function sweepPicture(
  { name, rows }: { readonly name: string; readonly rows: readonly SweepRow[] },
  front: SweepFront,
): Promise<string> {
  const { chartSvg } = await import("../../reports/charts/vega.js");
  return await chartSvg({
    ...sweepChart(rows, front, "alone"),
    ...{ background: "white", padding: 12 },
    title: {
      text: name,
      subtitle: `${count(weighedIn(rows, front).length)} variants; front: ${goalsText(front)}`,
    },
  });
}

/** `least multiply-accumulates, least parameters` */
export function goalsText({ across, up }: SweepFront): string {
  return [across, up].map(({ better, quantity }) => `${better} ${TITLES[quantity]}`).join(", ");
}

function weighedIn(rows: readonly SweepRow[], { across, up }: SweepFront): readonly WeighedRow[] {
  return weighedRows(rows, [across, up]);
}

/** A point of the chart. */
interface Datum {
  readonly x: number;
  readonly y: number;
  readonly series: string;
  readonly base: string;
  readonly onFront: boolean;
  readonly label: string;
}

/** The chart without a title and on no ground, as a page has it. */
export function sweepChart(
  rows: readonly SweepRow[],
  front: SweepFront,
  form: keyof typeof SIZES,
): TopLevelSpec {
  const { legend: place, ...size } = SIZES[form];
  const { across, up } = front;
  const weighed = weighedIn(rows, front);
  const setting = seriesSetting(rows);
  const severalBases = new Set(rows.map(({ base }) => base)).size > 1;
  const labels = labelsOf(weighed, severalBases, front);
  const values = weighed.map((point) => datumOf(point, setting, front, labels));
  const names = [...new Set(values.map(({ series }) => series))];
  const axis = (field: "x" | "y", quantity: Quantity, of: readonly number[]) =>
    ({
      field,
      type: "quantitative",
      title: TITLES[quantity],
      scale: { type: isLogarithmic(of) ? ("log" as const) : ("linear" as const), domain: domainOf(of) },
      axis: { format: "~s", labelOverlap: true, tickCount: 6 },
    }) as const;
  const x = axis(
    "x",
    across.quantity,
    values.map((each) => each.x),
  );
  const y = axis(
    "y",
    up.quantity,
    values.map((each) => each.y),
  );
  const legend =
    names.length > 1 ? ({ title: setting ?? null, ...place, symbolStrokeWidth: 2 } as const) : null;
  const color = {
    field: "series",
    type: "nominal",
    scale: { domain: names, range: names.map((_, i) => SERIES[i % SERIES.length] ?? "") },
    legend,
  } as const;
  const shape = {
    field: "series",
    type: "nominal",
    scale: { domain: names, range: names.map((_, i) => SHAPES[i % SHAPES.length] ?? "") },
    legend,
  } as const;
  // A line from base to base; through several points of one it would lead nowhere.
  const lines = severalBases && setting !== undefined && new Set(values.map(lineOf)).size === values.length;
  return {
    ...CHART_STYLE,
    ...size,
    data: { values },
    layer: [
      ...(lines ? [{ mark: { type: "line", opacity: 0.4 }, encoding: { x, y, color } } as const] : []),
      {
        transform: [{ filter: "datum.onFront" }],
        mark: { type: "line", color: COLOURS.line.light, strokeDash: [4, 3] },
        encoding: { x, y },
      },
      { mark: { type: "point", filled: false, opacity: 0.9, size: 60 }, encoding: { x, y, color, shape } },
      {
        mark: { type: "text", align: "right", dx: -9, dy: -6 },
        encoding: { x, y, text: { field: "label", type: "nominal" } },
      },
    ],
  };
}

function lineOf({ series, base }: Datum): string {
  return JSON.stringify([series, base]);
}

/** What an axis shows: a little more than the numbers. */
function domainOf(values: readonly number[]): [number, number] {
  const least = values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const greatest = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  if (values.length === 0) return [0, 1];
  if (isLogarithmic(values)) return [least / 1.25, greatest * 1.25];
  const margin = (greatest - least) * 0.05 || Math.abs(least) * 0.05 || 1;
  return [least - margin, greatest + margin];
}

function datumOf(
  { row, x, y }: WeighedRow,
  setting: string | undefined,
  { ids }: SweepFront,
  labels: ReadonlyMap<string, string>,
): Datum {
  const value = setting === undefined ? undefined : row.settings[setting];
  return {
    ...{ x, y, series: value === undefined ? "" : settingText(value), base: row.base },
    ...{ onFront: ids.includes(row.id), label: labels.get(row.id) ?? "" },
  };
}

/** A value in a legend; a kind of gates without options is its name. */
function settingText(value: unknown): string {
  if (typeof value === "string") return value;
  const { type, ...options } = (value ?? {}) as { readonly type?: unknown };
  return typeof type === "string" && Object.keys(options).length === 0 ? type : JSON.stringify(value);
}

/** Of several bases each is named once, at its highest point; the knee is named too. */
function labelsOf(
  points: readonly WeighedRow[],
  severalBases: boolean,
  { knee }: SweepFront,
): ReadonlyMap<string, string> {
  const highest = new Map<string, WeighedRow>();
  for (const point of severalBases ? points : []) {
    const known = highest.get(point.row.base);
    if (known === undefined || point.y > known.y) highest.set(point.row.base, point);
  }
  const labels = new Map([...highest].map(([base, { row }]) => [row.id, base]));
  if (knee !== null)
    labels.set(knee, [labels.get(knee), "knee"].filter((each) => each !== undefined).join(", "));
  return labels;
}

/** What is told apart by colour: the kinds of gates, or else the first setting with few values. */
function seriesSetting(rows: readonly SweepRow[]): string | undefined {
  const settings = settingsOf(rows);
  const candidates = settings.includes("gates") ? ["gates", ...settings] : settings;
  return candidates.find((name) => {
    const values = new Set(rows.map((row) => JSON.stringify(row.settings[name])));
    return values.size > 1 && values.size <= SERIES.length;
  });
}
