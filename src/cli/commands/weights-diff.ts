import { count } from "../../base/numbers.js";
import { type Table, worded } from "../../base/table.js";
import { oneVisibleLine } from "../../base/visible-text.js";
import type { WeightsDiff } from "../../driver/weights/diff.js";
import { shape, tensorName } from "../format.js";
import { formatFlag, sharedOptions } from "../options.js";
import { terminalTable } from "../tables/table.js";
import { defineCommand } from "./command.js";

/** Names that the text lists of each kind; `--json` has all of them. */
const SHOWN = 40;

export const weightsDiffCommand = defineCommand({
  usage: "diff <a> <b>",
  doc: "Compare two weight files tensor by tensor; exit code 1 if they differ",
  positionals: {
    a: { type: "string", demandOption: true, describe: "A file of weights" },
    b: { type: "string", demandOption: true, describe: "The file to compare with it" },
  },
  options: { ...formatFlag, "weights-key": sharedOptions["weights-key"] },
  examples: [
    ["ecagen weights diff before.safetensors after.safetensors", "the changes of a training step"],
    ["ecagen weights diff model.onnx checkpoint.pth --json", "across formats, as JSON"],
  ],
  async run({ a, b, "weights-key": weightsKey }) {
    const { diffWeights } = await import("../../driver/weights/diff.js");
    const report = diffWeights(a, b, weightsKey);
    return {
      json: report,
      ok: report.ok,
      notes: report.notes,
      text() {
        const parts = tablesOf(report, a, b).map(({ rows, ...table }) => {
          const more = rows.length > SHOWN ? `and ${count(rows.length - SHOWN)} more\n` : "";
          return `${terminalTable({ ...table, rows: rows.slice(0, SHOWN) })}${more}\n`;
        });
        return `${parts.join("")}${summary(report, a, b)}`;
      },
      tables: { all: () => tablesOf(report, a, b) },
      beside: () => summary(report, a, b),
    };
  },
});

/** What differs, a table for each kind of difference that there is. */
function tablesOf({ onlyA, onlyB, types, values }: WeightsDiff, a: string, b: string): readonly Table[] {
  const type = ({ dtype, shape: dims }: { dtype: string; shape: readonly number[] }): string =>
    `${dtype} ${shape(dims)}`;
  const tables: readonly Table[] = [
    { head: [`only in ${a}`], rows: onlyA.map((name) => [tensorName(name)]) },
    { head: [`only in ${b}`], rows: onlyB.map((name) => [tensorName(name)]) },
    {
      head: ["other type", a, b],
      rows: types.map((each) => [tensorName(each.name), type(each.a), type(each.b)]),
    },
    {
      head: ["other numbers", "max|Δ|", "cosine"],
      rows: values.map(({ name, maxAbs, cosine }) => [
        tensorName(name),
        worded(maxAbs, (value) => value.toExponential(2)),
        worded(cosine, (value) => value.toFixed(6)),
      ]),
    },
  ];
  return tables.filter(({ rows }) => rows.length > 0);
}

function summary({ ok, onlyA, onlyB, types, values, same }: WeightsDiff, a: string, b: string): string {
  return ok
    ? `the same ${count(same)} tensors\n`
    : `${count(same)} tensors are the same; ${count(values.length)} have other numbers, ${count(types.length)} other types; ${count(onlyA.length)} are only in ${oneVisibleLine(a)}, ${count(onlyB.length)} only in ${oneVisibleLine(b)}\n`;
}
