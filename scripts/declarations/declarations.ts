import { resolve } from "node:path";
import { Project, ts } from "ts-morph";
import { comment, commentOf, TypeWriter } from "./type-writer.js";

/** The declarations of a module. */
export interface Declarations {
  readonly text: string;
  /** The names that the module exports; the text declares those of the types that they name, too. */
  readonly exported: ReadonlySet<string>;
}

/**
 * The declarations of modules, one text for each, which import nothing: what they export, and the types that these name.
 *
 * @param entries the modules' files
 * @param given types that are declared by texts of their own, by their names
 */
export function declarationsOf(
  entries: readonly string[],
  given: ReadonlyMap<string, string> = new Map(),
): readonly Declarations[] {
  const project = new Project({ tsConfigFilePath: "tsconfig.json", skipAddingFilesFromTsConfig: true });
  project.addSourceFilesAtPaths(entries);
  project.resolveSourceFileDependencies();
  const { compilerObject: program } = project.getProgram();
  return entries.map((entry) => {
    const source = program.getSourceFile(resolve(entry));
    if (source === undefined) throw new Error(`there is no ${entry}`);
    return moduleDeclarations(program.getTypeChecker(), source, given);
  });
}

function moduleDeclarations(
  checker: ts.TypeChecker,
  source: ts.SourceFile,
  given: ReadonlyMap<string, string>,
): Declarations {
  const module = checker.getSymbolAtLocation(source);
  if (module === undefined) throw new Error(`${source.fileName} exports nothing`);
  const writer = new TypeWriter(checker, given.keys());
  const exported = checker
    .getExportsOfModule(module)
    .map((each) => (each.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(each) : each));
  const values = exported.flatMap((symbol) => valueDeclaration(checker, writer, symbol) ?? []);
  for (const symbol of exported) {
    const isType = (symbol.flags & ts.SymbolFlags.Type) !== 0 && !(symbol.flags & ts.SymbolFlags.Class);
    if (isType) writer.text(checker.getDeclaredTypeOfSymbol(symbol));
  }
  const own = [...values, ...writer.declarations.values()];
  const exportedNames = new Set(exported.map(({ name }) => name));
  const used = new Map([...given].filter(([name]) => exportedNames.has(name)));
  for (const name of namedIn(own, given)) addWithParts(name, given, used);
  for (const name of [...used.keys()]) addWithParts(name, given, used);
  return { text: `${[...own, ...used.values()].join("\n\n")}\n`, exported: exportedNames };
}

/** Adds the declaration of a type, and those of the types that it names. */
function addWithParts(name: string, given: ReadonlyMap<string, string>, used: Map<string, string>): void {
  const text = given.get(name) ?? "";
  used.set(name, text);
  for (const part of namedIn([text], given)) if (!used.has(part)) addWithParts(part, given, used);
}

function namedIn(texts: readonly string[], given: ReadonlyMap<string, string>): readonly string[] {
  const words = new Set(texts.flatMap((text) => text.replace(/\/\*\*.*?\*\//gs, "").match(/\b\w+\b/g) ?? []));
  return [...given.keys()].filter((name) => words.has(name));
}

/** The declaration of a function, a class or a constant; undefined for a type. */
function valueDeclaration(
  checker: ts.TypeChecker,
  writer: TypeWriter,
  symbol: ts.Symbol,
): string | undefined {
  const { name, valueDeclaration: declaration } = symbol;
  if (declaration === undefined) return undefined;
  if (ts.isClassDeclaration(declaration)) return classDeclaration(checker, writer, symbol);
  const type = checker.getTypeOfSymbolAtLocation(symbol, declaration);
  if (!ts.isFunctionDeclaration(declaration))
    return `${comment(symbol)}export declare const ${name}: ${writer.text(type)};`;
  const signatures = type.getCallSignatures();
  return signatures
    .map((signature) => {
      const own = signature.declaration === undefined ? undefined : commentOf([signature.declaration]);
      return `${own === undefined ? "" : `${own}\n`}export declare function ${name}${writer.signature(signature, ": ")};`;
    })
    .join("\n");
}

function classDeclaration(checker: ts.TypeChecker, writer: TypeWriter, symbol: ts.Symbol): string {
  const declaration = symbol.valueDeclaration;
  if (declaration === undefined || !ts.isClassDeclaration(declaration))
    throw new Error(`${symbol.name} is no class`);
  const base = declaration.heritageClauses?.flatMap(({ types }) => types).map((each) => each.getText()) ?? [];
  const members = declaration.members.flatMap((member) => {
    const doc = commentOf([member]);
    const isHidden =
      doc?.includes("@internal") === true || ts.getCombinedModifierFlags(member) & ts.ModifierFlags.Private;
    if (isHidden) return [];
    const isStatic = (ts.getCombinedModifierFlags(member) & ts.ModifierFlags.Static) !== 0;
    const head = `${doc === undefined ? "" : `${doc}\n`}${isStatic ? "static " : ""}`;
    if (ts.isConstructorDeclaration(member) || ts.isMethodDeclaration(member)) {
      const signature = checker.getSignatureFromDeclaration(member);
      if (signature === undefined) return [];
      if (ts.isMethodDeclaration(member))
        return [`${head}${member.name.getText()}${writer.signature(signature, ": ")};`];
      return [`${head}constructor${writer.signature(signature, ": ").replace(/: \w+$/, "")};`];
    }
    if (!ts.isPropertyDeclaration(member) || ts.isPrivateIdentifier(member.name)) return [];
    return [`${head}readonly ${member.name.getText()}: ${writer.text(checker.getTypeAtLocation(member))};`];
  });
  const body = members.map((each) => each.replace(/^(?=.)/gm, "  ")).join("\n");
  const heritage = base.length === 0 ? "" : ` extends ${base.join(", ")}`;
  return `${comment(symbol)}export declare class ${symbol.name}${heritage} {\n${body}\n}`;
}
