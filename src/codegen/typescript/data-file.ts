import { StructureKind, VariableDeclarationKind, type VariableStatementStructure } from "ts-morph";
import { expression, type Json, print, printFile } from "./syntax.js";

/** A value that a file of data exports, of a type that it imports. */
export interface DataConstant {
  readonly name: string;
  readonly doc: string;
  /** `Name`, or `readonly Name[]`. */
  readonly type: string;
  readonly value: Json;
}

/** The text of a file that holds values and nothing else; `types` are those that it imports from the module. */
export function dataFile(
  module: string,
  types: readonly string[],
  constants: readonly DataConstant[],
): string {
  return printFile([
    {
      kind: StructureKind.ImportDeclaration,
      moduleSpecifier: module,
      isTypeOnly: true,
      namedImports: types.map((name) => ({ name })),
    },
    ...constants.map(statement),
  ]);
}

function statement({ name, doc, type, value }: DataConstant): VariableStatementStructure {
  return {
    kind: StructureKind.VariableStatement,
    leadingTrivia: "\n",
    isExported: true,
    declarationKind: VariableDeclarationKind.Const,
    docs: [doc],
    declarations: [{ name, type, initializer: print(expression(value)) }],
  };
}
