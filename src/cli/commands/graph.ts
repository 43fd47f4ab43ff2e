import { count } from "../../base/numbers.js";
import { oneVisibleLine } from "../../base/visible-text.js";
import { sharedOptions, sizeFlags, sizeOptions, specFlags, specOptions } from "../options.js";
import { defineCommand } from "./command.js";

export const graphCommand = defineCommand({
  usage: "graph <model>",
  doc: "Draw a network: its blocks or its ops, the shapes between them, gates in colours",
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
        "The picture: .svg, .html for a page whose blocks unfold, or .dot for Graphviz [default: the text for Graphviz, on stdout]",
    },
    level: {
      requiresArg: true,
      choices: ["block", "op"] as const,
      default: "block" as const,
      describe: "Whether a node is a block or an op",
    },
    ...sizeFlags,
    ...specFlags,
    passes: sharedOptions.passes,
  },
  examples: [
    ["ecagen graph specs/b0-eca.json -o b0.svg", "the blocks of B0, with its gates"],
    [
      "ecagen graph model.onnx --level op -o model.svg",
      "every operator of a file, in the blocks that are found",
    ],
    ["ecagen graph specs/b0-eca.json -o b0.html", "a page in which blocks unfold to their ops"],
    ["ecagen graph specs/b0-eca.json | dot -Tpdf -o b0.pdf", "with a Graphviz of your own"],
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
