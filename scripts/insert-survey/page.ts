import { count } from "../../src/base/numbers.js";

/** What came of gates of one kind in one network. */
export interface SurveyRow {
  readonly network: string;
  readonly kind: string;
  readonly gates: number;
  /** Gates whose factor went into weights, and those behind which it stands. */
  readonly folded: number;
  readonly products: number;
  /** How far outputs are off, as a part of their range: with ONNX Runtime's fusions, and with the nodes as they are. */
  readonly off: number;
  readonly unfused: number;
  readonly withoutGradient: number;
  readonly parameters: number;
  readonly unmoved: number;
}

/** The page of a survey's result. */
export function surveyPage(rows: readonly SurveyRow[], refused: readonly string[]): string {
  const lines = rows.map(
    ({ network, kind, gates, folded, products, unfused, off, withoutGradient, parameters, unmoved }) =>
      `| ${network} | ${kind} | ${gates} | ${folded} | ${products} | ${part(unfused)} | ${part(off)} | ${gates - withoutGradient} | ${count(parameters - unmoved)} of ${count(parameters)} |`,
  );
  const gates = rows.reduce((sum, row) => sum + row.gates, 0);
  const far = Math.max(...rows.map(({ unfused }) => unfused));
  const fused = Math.max(...rows.map(({ off }) => off));
  return `<!-- Made by npm run insert-survey. Do not edit. -->

# Gates put behind every layer

\`npm run insert-survey\` puts gates behind every layer and at the end of every block of networks ([insert.md](insert.md)), and compares the outputs with those of the
network without them: ${count(gates)} gates in ${new Set(rows.map(({ network }) => network)).size} networks. The outputs are ${far === 0 ? "the same, bit for bit," : `off by at most ${part(far)} of their range`} where ONNX Runtime runs the nodes as they are. Its own fusions and
layouts round otherwise where a gate stands between two layers, as they do between the original's levels of optimisation, which moves them by at most ${part(fused)}. PaddleOCR's networks
are given pictures of text, the others random inputs.

A gate learns where its gradient is not zero at the start; its parameters are those that two steps of SGD move, in float64. Specs are trained as the PyTorch
module that \`codegen\` writes, files node by node in PyTorch.

| network | gate | gates | factor in weights | factor as a product | off, nodes as they are | off | gates with a gradient | parameters that move |
|---|---|---:|---:|---:|---:|---:|---:|---:|
${lines.join("\n")}
${refused.length === 0 ? "" : `\nRefused, because the file leaves the sizes of its maps open and the gate needs them: ${refused.join(", ")}.\n`}`;
}

function part(of: number): string {
  return of === 0 ? "0" : of.toExponential(1);
}
