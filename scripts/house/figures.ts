import { ts } from "ts-morph";
import { circlesOf } from "./circles.js";
import { homesOfTypes } from "./findings.js";
import { filesNamingGc, filesOfAWorkedGate } from "./gate.js";
import { readSources, roomOf, type Source } from "./source-tree.js";
import { filesOf, packedCount, returnsOf, type Step, wayOfASpec } from "./way.js";

/** One figure of a tree, with what it counts. */
export interface Figure {
  readonly name: string;
  readonly value: number;
}

const OPERANDS = /\b(Value|Tensor|TensorType|Parameter|Moments)\b/;

/** The most lines that a file may have to be counted as a small one, and the most that it should have. */
const SMALL = 15;
export const LONG = 300;

/** Whether a step is in none of the two rooms that all others are written in terms of. */
const isNoTool = ({ file }: Step): boolean => !["base", "ir"].includes(roomOf(file));

/** The figures of the floor plan of `tree`, and the way that two of them are counted on. */
export async function figuresOf(
  tree: string,
): Promise<{ readonly figures: readonly Figure[]; readonly way: readonly Step[] }> {
  const sources = readSources(tree);
  const way = await wayOfASpec(tree);
  const onTheWay = new Set(filesOf(way));
  const worked = filesOfAWorkedGate(tree);
  const count = (name: string, value: number): Figure => ({ name, value });
  const figures = [
    count("files that a spec passes on its way to bytes", filesOf(way).length),
    count(
      `the same, each folder's put together up to ${LONG} lines`,
      packedCount(
        sources.filter(({ path }) => onTheWay.has(path)),
        LONG,
      ),
    ),
    count("returns into a room already left", returnsOf(way).length),
    count("of them between rooms other than base/ and ir/", returnsOf(way.filter(isNoTool)).length),
    count("files that name the gate GC", filesNamingGc(tree).length),
    count("files of the worked example of a gate", worked.files),
    count("of them neither its own nor a line of a registry", worked.elsewhere),
    count("files in src/", sources.length),
    count(
      "lines in src/",
      sources.reduce((sum, { lines }) => sum + lines, 0),
    ),
    count(`files of ${SMALL} lines or fewer`, sources.filter(({ lines }) => lines <= SMALL).length),
    count(`files of more than ${LONG} lines`, sources.filter(({ lines }) => lines > LONG).length),
    count("circles of imports", circlesOf(sources).length),
    count(
      "type names with two homes",
      [...homesOfTypes(sources).values()].filter((each) => each.length > 1).length,
    ),
    count(
      "casts of operands to tuples",
      sources.reduce((sum, { text }) => sum + operandCasts(text), 0),
    ),
    count('the word "place" or "places"', words(sources, /\bplaces?\b/gi)),
    count('"place" inside of other names', words(sources, /\w*places?\w*/gi, /replace|^places?$/i)),
  ];
  return { figures, way };
}

const words = (sources: readonly Source[], pattern: RegExp, not?: RegExp): number =>
  sources.flatMap(({ text }) => text.match(pattern) ?? []).filter((each) => !not?.test(each)).length;

/** `as readonly [Value, Value]` and the like: an op's operands, results or their types, which a cast gives names to. */
function operandCasts(text: string): number {
  let found = 0;
  const visit = (node: ts.Node): void => {
    if (ts.isAsExpression(node)) {
      const type = ts.isTypeOperatorNode(node.type) ? node.type.type : node.type;
      if (ts.isTupleTypeNode(type) && OPERANDS.test(type.getText())) found++;
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile("a.ts", text, ts.ScriptTarget.Latest, true));
  return found;
}
