import { macs } from "../../base/numbers.js";
import { type Cell, counted, type Table, worded } from "../../base/table.js";
import type { ListedSpec } from "../../driver/list/list.js";
import { shape } from "../format.js";
import { formatFlag } from "../options.js";
import { terminalTable } from "../tables/table.js";
import { defineCommand } from "./command.js";

export const listCommand = defineCommand({
  usage: "list [text]",
  doc: "List the specs that ship with ecagen, by family",
  positionals: {
    text: { type: "string", describe: "Only specs with this text in name, family, description or path" },
  },
  options: {
    ...formatFlag,
    attention: {
      type: "string",
      describe: "Only specs with this kind of gate: se, eca, …; none for those without attention",
    },
  },
  examples: [
    ["ecagen list resnet50", "the networks based on ResNet-50"],
    ["ecagen list --attention eca", "the networks with ECA"],
  ],
  async run({ text, attention }) {
    const { listSpecs } = await import("../../driver/list/list.js");
    const specs = listSpecs({ text, attention });
    return {
      json: { specs },
      text: () => terminalTable(specsTable(specs, (family, before) => (family === before ? "" : family))),
      tables: { all: () => [specsTable(specs, (family) => family)] },
    };
  },
});

/** @param familyOf what stands in the first column, where the row before is of the family `before` */
function specsTable(
  specs: readonly ListedSpec[],
  familyOf: (family: string, before: string | undefined) => string,
): Table {
  const number = (value: number | null, cell: (value: number) => Cell): Cell =>
    value === null ? "" : cell(value);
  return {
    head: ["family", "name", "parameters", "attention's", "MACs", "input", "attention", "description"],
    rows: specs.map((spec, i): readonly Cell[] => [
      familyOf(spec.family, specs[i - 1]?.family),
      spec.name,
      number(spec.parameters, counted),
      number(spec.attentionParameters, counted),
      number(spec.macs, (value) => worded(value, macs)),
      shape(spec.input),
      spec.attention.join(", "),
      spec.description,
    ]),
  };
}
