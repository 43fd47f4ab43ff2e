import { basename } from "node:path";
import type { Diagnostic } from "../../base/diagnostic.js";
import { InputError } from "../../base/diagnostic.js";
import { count } from "../../base/numbers.js";
import { writeTextSync } from "../../files/atomic-file.js";
import { refuseOutputs } from "../../files/refuse-outputs.js";
import { withModel } from "../../given/model.js";
import type { NetworkOptions } from "../../networks/spec-network.js";
import { eliminateDeadCode } from "../../passes/simplify/eliminate.js";
import { dotOf } from "../../reports/graph/dot.js";
import { type DrawnGraph, type DrawnLevel, drawnGraph } from "../../reports/graph/drawn.js";
import { graphParts, opsPicture, Pictures } from "../../reports/network/graph-parts.js";
import { pageHtml } from "../../reports/page/render.js";

/** The output of `ecagen graph --json`. */
export interface GraphReport {
  /** The file with the picture; null if none was requested. */
  readonly output: string | null;
  readonly level: DrawnLevel;
  readonly nodes: number;
  readonly edges: number;
  /** The graph in the language of Graphviz. */
  readonly dot: string;
  /** Warnings: selections of passes that matched nothing. */
  readonly warnings: readonly Diagnostic[];
}

export interface GraphOptions extends NetworkOptions {
  /** Whether a node is a block or an op. Default: block. */
  readonly level?: DrawnLevel | undefined;
  /** The file for the picture, `.svg`, `.dot` or `.html`. */
  readonly output?: string | undefined;
}

/** Layouts take time with more than the square of the nodes, and such a picture is of no use. */
const MOST_NODES = 5000;

/**
 * Draws the network of a spec or an ONNX file: its blocks or its ops, with the shapes between them and coloured gates.
 *
 * Errors: `InputError` for a wrong spec, file or option, and for a picture of more than 5,000 nodes.
 */
export async function drawGraph(file: string, options: GraphOptions = {}): Promise<GraphReport> {
  const { level = "block", output } = options;
  const form = output === undefined ? undefined : formOf(output);
  const { drawn, name, warnings, ops } = withModel(file, options, (model) => {
    // After the model, which is then among the files that are not written over.
    refuseOutputs([output]);
    const live = eliminateDeadCode.run(model.graph, {});
    return {
      drawn: drawnGraph(live, level),
      // Blocks unfold to them in a page.
      ops: form === "html" && level === "block" ? drawnGraph(live, "op") : undefined,
      // Exporters call every graph the same.
      name: model.kind === "spec" ? model.graph.name : basename(file),
      warnings: model.warnings,
    };
  });
  const dot = dotOf(drawn, { name, level });
  if (output !== undefined) {
    if (form !== "dot") refuseTooLarge(drawn, file);
    const text = { dot: () => dot, svg: () => svgOfDot(dot), html: () => drawnPage(name, drawn, ops) };
    writeTextSync(output, await text[form ?? "dot"]());
  }
  return {
    ...{ output: output ?? null, level, nodes: drawn.nodes.length, edges: drawn.edges.length },
    ...{ dot, warnings },
  };
}

/** A page with the picture; of blocks each leads to its ops. */
async function drawnPage(name: string, drawn: DrawnGraph, ops: DrawnGraph | undefined): Promise<string> {
  const parts =
    ops === undefined
      ? [await opsPicture(drawn, new Pictures())]
      : await graphParts([{ blocks: drawn, ops }], [name]);
  return pageHtml({ title: name, lead: drawn.counts, sections: [{ id: "graph", title: "Graph", parts }] });
}

async function svgOfDot(dot: string): Promise<string> {
  const { svgOf } = await import("../../reports/graph/graphviz.js");
  return await svgOf(dot);
}

function refuseTooLarge({ nodes }: DrawnGraph, file: string): void {
  if (nodes.length <= MOST_NODES) return;
  throw InputError.of(
    "graph/too-large",
    `${file}: a picture of ${count(nodes.length)} nodes can't be laid out`,
    {
      file,
      hint: `up to ${count(MOST_NODES)} can: --level block has fewer, and -o FILE.dot has them all`,
    },
  );
}

function formOf(output: string): "svg" | "dot" | "html" {
  if (/\.html?$/i.test(output)) return "html";
  if (/\.svg$/i.test(output)) return "svg";
  if (/\.(dot|gv)$/i.test(output)) return "dot";
  throw InputError.of("graph/form", `${output}: pictures are written as .svg, .dot or .html`, {
    file: output,
    hint: "name a file with one of these endings",
  });
}
