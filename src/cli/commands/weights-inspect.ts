import { quoted } from "../../base/json-text.js";
import { count } from "../../base/numbers.js";
import { type Cell, counted, type Table, worded } from "../../base/table.js";
import { oneVisibleLine } from "../../base/visible-text.js";
import type { WeightsInventory } from "../../driver/weights/inspect.js";
import { shape, tensorName } from "../format.js";
import { formatFlag, sharedOptions } from "../options.js";
import { terminalTable } from "../tables/table.js";
import { listedNames, ROUNDED } from "../weights-notes.js";
import { defineCommand } from "./command.js";

/** Characters of what a file says of itself: some hold a whole document. `--json` has all of it. */
const LONGEST_VALUE = 60;

export const weightsInspectCommand = defineCommand({
  usage: "inspect <file>",
  doc: "List the tensors of a weight file with their types and sizes",
  positionals: {
    file: {
      type: "string",
      demandOption: true,
      describe: "safetensors or a folder of its shards, .pt, .npz, .npy or .onnx",
    },
  },
  options: {
    ...formatFlag,
    values: {
      type: "boolean",
      default: false,
      describe: "Also read the numbers: range, mean and standard deviation",
    },
    "weights-key": sharedOptions["weights-key"],
  },
  examples: [
    ["ecagen weights inspect resnet50.safetensors", "names, types and shapes, without reading the numbers"],
    ["ecagen weights inspect checkpoint.pth --values --json", "also statistics, as JSON"],
  ],
  async run({ file, values, "weights-key": weightsKey }) {
    const { inspectWeights } = await import("../../driver/weights/inspect.js");
    const report = inspectWeights(file, { values, weightsKey });
    return {
      json: report,
      warnings: report.warnings,
      notes: [...report.notes, ...listedNames(ROUNDED, report.rounded)],
      text() {
        const tensorsTable = tableOf(report, values);
        return `${report.tensors.length === 0 ? "" : `${terminalTable(tensorsTable)}\n`}${totalText(report)}`;
      },
      tables: { all: () => [tableOf(report, values)] },
      beside: () => totalText(report),
    };
  },
});

function tableOf({ tensors }: WeightsInventory, values: boolean): Table {
  const statistics = ["min", "max", "mean", "std"] as const;
  const rows = tensors.map(({ name, dtype, shape: dims, bytes, values: found }): readonly Cell[] => {
    const row = [tensorName(name), dtype, shape(dims), counted(bytes)];
    if (found === undefined) return row;
    const numbers = statistics.map((key) =>
      found === null ? "-" : worded(found[key], (value) => value.toPrecision(4)),
    );
    return [...row, ...numbers, found === null ? "-" : nonFinite(found.nonFinite)];
  });
  const head = ["tensor", "type", "shape", "bytes"];
  return { head: values ? [...head, ...statistics, ""] : head, rows };
}

function totalText(report: WeightsInventory): string {
  const { tensors, elements, bytes } = report.total;
  const metadata = Object.entries(report.metadata).map(
    ([key, value]) => `, ${tensorName(key)}: ${quoted(value.slice(0, LONGEST_VALUE))}`,
  );
  return `${oneVisibleLine(report.file)}: ${report.format}, ${count(tensors)} tensors, ${count(elements)} numbers, ${count(bytes)} bytes${metadata.join("")}\n`;
}

function nonFinite(numbers: number): string {
  return numbers === 0 ? "" : `${count(numbers)} not finite`;
}
