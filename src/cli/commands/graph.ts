import { count } from "../../base/numbers.js";
import { oneVisibleLine } from "../../base/visible-text.js";
import { sharedOptions, sizeFlags, sizeOptions, specFlags, specOptions } from "../options.js";
import { defineCommand } from "./command.js";

export const graphCommand = defineCommand({
  usage: "graph <model>",
  doc: "Draw the blocks or ops of a network, with the shapes between them and coloured gates",
  positionals: {
    model: {
      type: "string",
      demandOption: true,
      describe: "A spec, or an ONNX file; - reads a spec from stdin",
    },
  },
  options: {
    output: {
      alias: "o",
      type: "string",
      requiresArg: true,
      describe:
        "The picture: .svg, .html for a page with expandable blocks, or .dot for Graphviz [default: Graphviz text on stdout]",
    },
    level: {
      requiresArg: true,
      choices: ["block", "op"] as const,
      default: "block" as const,
      describe: "What each node represents: a block or an op",
    },
    ...sizeFlags,
    ...specFlags,
    passes: sharedOptions.passes,
  },
  examples: [
    ["ecagen graph specs/b0-eca.json -o b0.svg", "the blocks of B0, with its gates"],
    [
      "ecagen graph model.onnx --level op -o model.svg",
      "all operators of an ONNX file, grouped by recognised blocks",
    ],
    ["ecagen graph specs/b0-eca.json -o b0.html", "a web page with blocks that expand to their ops"],
    ["ecagen graph specs/b0-eca.json | dot -Tpdf -o b0.pdf", "with Graphviz"],
  ],
  async run({ model, output, level, passes, ...args }) {
    const { drawGraph } = await import("../../driver/graph/graph.js");
    const report = await drawGraph(model, {
      output,
      level,
      passes,
      ...sizeOptions(args),
      ...specOptions(args),
    });
    return {
      json: report,
      warnings: report.warnings,
      text: () =>
        report.output === null
          ? report.dot
          : `${oneVisibleLine(report.output)}: ${count(report.nodes)} nodes, ${count(report.edges)} edges\n`,
    };
  },
});
