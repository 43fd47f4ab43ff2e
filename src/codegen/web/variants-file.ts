import {
  IndentationText,
  NewLineKind,
  Project,
  StructureKind,
  VariableDeclarationKind,
  type VariableStatementStructure,
} from "ts-morph";
import type { Variant } from "../subject.js";
import { expression, type Json, print } from "../typescript/syntax.js";
import { weightsNote } from "./weights-note.js";

/** The ONNX file of a variant, as the page finds it. */
export function modelPath({ id }: Variant): string {
  return `models/${id}.onnx`;
}

/** The text of variants.ts: the networks of the page, with their counts. */
export function variantsFile({
  name,
  description,
  variants,
}: {
  readonly name: string;
  readonly description: string;
  readonly variants: readonly Variant[];
}): string {
  const project = new Project({
    useInMemoryFileSystem: true,
    skipLoadingLibFiles: true,
    manipulationSettings: {
      indentationText: IndentationText.TwoSpaces,
      newLineKind: NewLineKind.LineFeed,
    },
  });
  const constant = (name: string, doc: string, value: Json, type: string): VariableStatementStructure => ({
    kind: StructureKind.VariableStatement,
    leadingTrivia: "\n",
    isExported: true,
    declarationKind: VariableDeclarationKind.Const,
    docs: [doc],
    declarations: [{ name, type, initializer: print(expression(value)) }],
  });
  const file = project.createSourceFile("variants.ts", {
    statements: [
      {
        kind: StructureKind.ImportDeclaration,
        moduleSpecifier: "./page/variant.js",
        isTypeOnly: true,
        namedImports: [{ name: "NetworkText" }, { name: "Variant" }],
      },
      constant("network", "What the page is about.", { name, description }, "NetworkText"),
      constant(
        "variants",
        "The networks that the page holds against each other.",
        variants.map(dataOf),
        "readonly Variant[]",
      ),
    ],
  });
  file.formatText({ indentSize: 2, ensureNewLineAtEndOfFile: true });
  return file.getFullText();
}

function dataOf(variant: Variant): Json {
  const { id, title, description, passes, gates, counts } = variant;
  const { parameters, attentionParameters, macs } = counts;
  return {
    id,
    title,
    description,
    model: modelPath(variant),
    passes,
    gates,
    parameters,
    attentionParameters,
    macs,
    weights: { ...weightsNote(variant) },
  };
}
