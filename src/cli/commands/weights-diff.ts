import { count } from "../../base/numbers.js";
import { oneVisibleLine } from "../../base/visible-text.js";
import { shape, table, tensorName } from "../format.js";
import { sharedOptions } from "../options.js";
import { defineCommand } from "./command.js";

/** Names that the text lists of each kind; `--json` has all of them. */
const SHOWN = 40;

export const weightsDiffCommand = defineCommand({
  usage: "diff <a> <b>",
  doc: "Compare two files of weights, tensor by tensor; exit code 1 if they differ",
  positionals: {
    a: { type: "string", demandOption: true, describe: "A file of weights" },
    b: { type: "string", demandOption: true, describe: "The file to compare with it" },
  },
  options: { "weights-key": sharedOptions["weights-key"] },
  examples: [
    ["ecagen weights diff before.safetensors after.safetensors", "what a training step changed"],
    ["ecagen weights diff model.onnx checkpoint.pth --json", "across formats, for a script"],
  ],
  async run({ a, b, "weights-key": weightsKey }) {
    const { diffWeights } = await import("../../driver/weights/diff.js");
    const report = diffWeights(a, b, weightsKey);
    return {
      json: report,
      ok: report.ok,
      notes: report.notes,
      text() {
        const part = (
          head: readonly string[],
          rows: readonly (readonly string[])[],
          right: string[] = [],
        ) => {
          if (rows.length === 0) return "";
          const more = rows.length > SHOWN ? `and ${count(rows.length - SHOWN)} more\n` : "";
          return `${table(head, rows.slice(0, SHOWN), right)}${more}\n`;
        };
        const type = ({ dtype, shape: dims }: { dtype: string; shape: readonly number[] }): string =>
          `${dtype} ${shape(dims)}`;
        const { onlyA, onlyB, types, values, same } = report;
        return [
          part(
            [`only in ${a}`],
            onlyA.map((name) => [tensorName(name)]),
          ),
          part(
            [`only in ${b}`],
            onlyB.map((name) => [tensorName(name)]),
          ),
          part(
            ["other type", a, b],
            types.map((each) => [tensorName(each.name), type(each.a), type(each.b)]),
          ),
          part(
            ["other numbers", "max|Δ|", "cosine"],
            values.map(({ name, maxAbs, cosine }) => [
              tensorName(name),
              maxAbs.toExponential(2),
              cosine.toFixed(6),
            ]),
            ["max|Δ|", "cosine"],
          ),
          report.ok
            ? `the same ${count(same)} tensors\n`
            : `${count(same)} tensors are the same; ${count(values.length)} have other numbers, ${count(types.length)} other types; ${count(onlyA.length)} are only in ${oneVisibleLine(a)}, ${count(onlyB.length)} only in ${oneVisibleLine(b)}\n`,
        ].join("");
      },
    };
  },
});
