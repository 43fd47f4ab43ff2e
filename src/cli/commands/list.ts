import { count, macs } from "../../base/numbers.js";
import { defineCommand } from "./command.js";

export const listCommand = defineCommand({
  usage: "list [text]",
  doc: "List the specs that ship with ecagen",
  positionals: {
    text: { type: "string", describe: "Only those with this text in name, description or path" },
  },
  options: {},
  examples: [["ecagen list eca", "the networks with ECA"]],
  async run({ text }) {
    const { listSpecs } = await import("../../driver/list.js");
    const specs = listSpecs(text);
    return {
      json: { specs },
      async text() {
        const { shape, table } = await import("../format.js");
        const number = (value: number | null, format: (value: number) => string): string =>
          value === null ? "" : format(value);
        const rows = specs.map((spec) => [
          spec.name,
          number(spec.parameters, count),
          number(spec.attentionParameters, count),
          number(spec.macs, macs),
          shape(spec.input),
          spec.description,
        ]);
        return table(["name", "parameters", "attention", "MACs", "input", "description"], rows, [
          "parameters",
          "attention",
          "MACs",
        ]);
      },
    };
  },
});
