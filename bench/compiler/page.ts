import { readFileSync, writeFileSync } from "node:fs";
import { CHART_STYLE } from "../../src/reports/charts/style.js";
import { chartSvg, type TopLevelSpec } from "../../src/reports/charts/vega.js";
import { COLOURS } from "../../src/reports/colours.js";
import type { Run } from "./history.js";
import { MEMORY, RATIOS } from "./measures.js";
import { MODEL_RATIOS } from "./models.js";
import type { Quartiles } from "./ratios.js";

const PAGE = "docs/performance.md";
const PICTURE = "docs/pictures/performance.svg";
const [BEGIN, END] = ["<!-- results of npm run bench:compiler -->", "<!-- end of the results -->"];

/** Writes the table of docs/performance.md and its picture: of each measure the last result. */
export async function writePage(history: readonly Run[]): Promise<void> {
  const text = readFileSync(PAGE, "utf8");
  const [before, after] = [text.slice(0, text.indexOf(BEGIN) + BEGIN.length), text.slice(text.indexOf(END))];
  writeFileSync(PAGE, `${before}\n${tables(history)}\n${after}`);
  writeFileSync(PICTURE, `${await chartSvg(chart(history))}\n`);
}

function tables(history: readonly Run[]): string {
  const ratios = [...RATIOS, ...MODEL_RATIOS].map(({ name, most }) => {
    const found = lastWith(history, ({ ratios }) => ratios[name]);
    return row(name, found && middle(found.value), most, found && found.value.median <= most, found?.run);
  });
  const memory = MEMORY.map(({ name, most }) => {
    const found = lastWith(history, ({ memory }) => memory[name]);
    return row(
      `${name}: peak memory, MB`,
      found && String(found.value),
      most,
      found && found.value <= most,
      found?.run,
    );
  });
  const machines = [...new Set(history.map(({ machine, node }) => `${machine}, Node.js ${node}`))];
  return [
    "| measure | result | aim | | commit |",
    "|---|---:|---:|---|---|",
    ...ratios,
    ...memory,
    "",
    `Machine: ${machines.join("; ")}.`,
  ].join("\n");
}

function row(
  name: string,
  result: string | undefined,
  most: number,
  kept: boolean | undefined,
  run: Run | undefined,
): string {
  const verdict = kept === undefined ? "not measured" : kept ? "met" : "missed";
  return `| ${name} | ${result ?? ""} | ≤ ${most} | ${verdict} | ${run === undefined ? "" : `${run.commit}, ${run.date}`} |`;
}

function middle({ lower, median, upper }: Quartiles): string {
  return `${median.toFixed(2)} (${lower.toFixed(2)} to ${upper.toFixed(2)})`;
}

function lastWith<T>(
  history: readonly Run[],
  get: (run: Run) => T | undefined,
): { readonly run: Run; readonly value: T } | undefined {
  const run = history.findLast((each) => get(each) !== undefined);
  const value = run === undefined ? undefined : get(run);
  return run === undefined || value === undefined ? undefined : { run, value };
}

/** Each ratio as a part of its aim: a dot for the median, a line for its quartiles, and a rule at the aim. */
function chart(history: readonly Run[]): TopLevelSpec {
  const values = [...RATIOS, ...MODEL_RATIOS].flatMap(({ name, most }) => {
    const found = lastWith(history, ({ ratios }) => ratios[name]);
    if (found === undefined) return [];
    const { lower, median, upper } = found.value;
    return [{ name, lower: lower / most, median: median / most, upper: upper / most, kept: median <= most }];
  });
  const y = { field: "name", type: "nominal", sort: null, title: null, axis: { labelLimit: 420 } } as const;
  const colour = {
    condition: { test: "datum.kept", value: COLOURS.muted.light },
    value: "#c0392b",
  };
  return {
    ...CHART_STYLE,
    background: "white",
    padding: 12,
    width: 420,
    height: { step: 26 },
    data: { values },
    layer: [
      { mark: { type: "rule", color: COLOURS.line.light }, encoding: { x: { datum: 1 } } },
      {
        mark: { type: "rule", strokeWidth: 3, opacity: 0.5 },
        encoding: {
          y,
          x: { field: "lower", type: "quantitative", title: "ratio ÷ aim", scale: { zero: true } },
          x2: { field: "upper" },
          color: colour,
        },
      },
      {
        mark: { type: "point", filled: true, size: 60 },
        encoding: { y, x: { field: "median", type: "quantitative" }, color: colour },
      },
    ],
  } as TopLevelSpec;
}
