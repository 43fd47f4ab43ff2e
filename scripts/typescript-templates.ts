import { join } from "node:path";
import { Node, Project, type SourceFile } from "ts-morph";
import { packageRoot } from "../src/files/package.js";

/**
 * ecagen's own code that generated packages bring along, so that they prepare images and rank classes as ecagen does, to
 * the last bit: a file of src/, where it goes, and what it is changed in.
 */
const SHARED: readonly Shared[] = [
  { from: "src/images/pixels.ts", to: "images/pixels.ts" },
  { from: "src/images/resample.ts", to: "images/resample.ts" },
  { from: "src/images/prepare.ts", to: "images/prepare.ts" },
  { from: "src/language/preprocessing.ts", to: "images/preprocessing.ts", change: keepTypes },
  { from: "src/driver/run/classes.ts", to: "classes.ts" },
  { from: "src/base/float16.ts", to: "float16.ts" },
];

interface Shared {
  readonly from: string;
  readonly to: string;
  readonly change?: (file: SourceFile) => void;
}

/** The files of templates/ts/src that are made of ecagen's own code, by path. */
export function typeScriptTemplates(): readonly (readonly [file: string, text: string])[] {
  const project = new Project({ skipAddingFilesFromTsConfig: true });
  return SHARED.map(({ from, to, change }) => {
    const file = project.addSourceFileAtPath(join(packageRoot(), from));
    for (const declaration of file.getImportDeclarations()) {
      const imported = declaration.getModuleSpecifierValue();
      if (imported === "../language/preprocessing.js") declaration.setModuleSpecifier("./preprocessing.js");
    }
    change?.(file);
    return [`templates/ts/src/${to}`, file.getFullText().trimStart()];
  });
}

/** Leaves the types and the lists of words that they are made of: what reads a spec stays behind. */
function keepTypes(file: SourceFile): void {
  const words = /^(RESIZE_MODES|INTERPOLATIONS|CHANNEL_ORDERS|PADDING_SIDES)$/;
  for (const statement of file.getStatements()) {
    const isWords =
      Node.isVariableStatement(statement) &&
      statement.getDeclarations().every((each) => words.test(each.getName()));
    const isType = Node.isTypeAliasDeclaration(statement) || Node.isInterfaceDeclaration(statement);
    if (!isWords && !isType) statement.remove();
  }
}
