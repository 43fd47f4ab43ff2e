import { count, macs } from "../../base/numbers.js";
import { shape, table } from "../format.js";
import { defineCommand } from "./command.js";

export const listCommand = defineCommand({
  usage: "list [text]",
  doc: "List the specs that ship with ecagen, by family",
  positionals: {
    text: { type: "string", describe: "Only those with this text in name, family, description or path" },
  },
  options: {
    attention: {
      type: "string",
      describe: "Only those with this kind of gate, as se or eca; none: those without attention",
    },
  },
  examples: [
    ["ecagen list resnet50", "the networks made of ResNet-50"],
    ["ecagen list --attention eca", "the networks with ECA"],
  ],
  async run({ text, attention }) {
    const { listSpecs } = await import("../../driver/list/list.js");
    const specs = listSpecs({ text, attention });
    return {
      json: { specs },
      text() {
        const number = (value: number | null, format: (value: number) => string): string =>
          value === null ? "" : format(value);
        const rows = specs.map((spec, i) => [
          spec.family === specs[i - 1]?.family ? "" : spec.family,
          spec.name,
          number(spec.parameters, count),
          number(spec.attentionParameters, count),
          number(spec.macs, macs),
          shape(spec.input),
          spec.attention.join(", "),
          spec.description,
        ]);
        return table(
          ["family", "name", "parameters", "attention's", "MACs", "input", "attention", "description"],
          rows,
          ["parameters", "attention's", "MACs"],
        );
      },
    };
  },
});
