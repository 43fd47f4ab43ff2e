import { ts } from "ts-morph";

/** What is changed: a comparison's operator, a number, the order of operands, a statement that goes, a condition. */
export const KINDS = ["comparison", "constant", "operands", "removal", "negation"] as const;
export type Kind = (typeof KINDS)[number];

/** One change of a source file: the text from `start` to `end` (in UTF-16 units) becomes `text`. */
export interface Mutation {
  readonly kind: Kind;
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

const COMPARISONS: Readonly<Record<string, string>> = {
  "<": "<=",
  "<=": "<",
  ">": ">=",
  ">=": ">",
  "===": "!==",
  "!==": "===",
};

/** Operators that give something else with their operands swapped; what && and || give is hardly ever asked but for its truth. */
const ORDERED = new Set(["-", "/", "%", "**", "<", "<=", ">", ">=", "??"]);

/** All changes that a file's syntax tree has a place for. Types are left alone: nothing runs there. */
export function mutationsOf(file: ts.SourceFile): readonly Mutation[] {
  const found: Mutation[] = [];
  const add = (kind: Kind, node: ts.Node, text: string): void => {
    found.push({ kind, start: node.getStart(file), end: node.end, text });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isTypeNode(node) || ts.isImportDeclaration(node) || ts.isInterfaceDeclaration(node)) return;
    if (ts.isBinaryExpression(node)) {
      const operator = node.operatorToken.getText(file);
      const other = COMPARISONS[operator];
      if (other !== undefined) add("comparison", node.operatorToken, other);
      if (ORDERED.has(operator)) addSwap(node.left, node.right);
    }
    if (ts.isNumericLiteral(node))
      for (const text of otherNumbers(Number(node.text))) add("constant", node, text);
    if (ts.isCallExpression(node)) {
      const [first, second] = node.arguments;
      if (first !== undefined && second !== undefined) addSwap(first, second);
    }
    if (isRemovable(node)) add("removal", node, ";");
    const condition = conditionOf(node);
    if (condition !== undefined) add("negation", condition, negated(condition));
    ts.forEachChild(node, visit);
  };
  /** Both in each other's place; the text between them stays. */
  const addSwap = (a: ts.Node, b: ts.Node): void => {
    const [first, second] = [a.getText(file), b.getText(file)];
    if (first === second || ts.isSpreadElement(a) || ts.isSpreadElement(b)) return;
    const between = file.text.slice(a.end, b.getStart(file));
    const text = `${bracketed(b, second)}${between}${bracketed(a, first)}`;
    found.push({ kind: "operands", start: a.getStart(file), end: b.end, text });
  };
  const negated = (condition: ts.Expression): string =>
    ts.isPrefixUnaryExpression(condition) && condition.operator === ts.SyntaxKind.ExclamationToken
      ? `(${condition.operand.getText(file)})`
      : `!(${condition.getText(file)})`;
  visit(file);
  return found;
}

/** A swapped operand keeps its meaning beside other operators. */
function bracketed(node: ts.Node, text: string): string {
  const binds = ts.isBinaryExpression(node) || ts.isConditionalExpression(node);
  return binds && ts.isBinaryExpression(node.parent) ? `(${text})` : text;
}

function otherNumbers(value: number): readonly string[] {
  if (!Number.isFinite(value)) return [];
  const others = [value + 1, value - 1, value * 2].filter((other) => other !== value);
  return [...new Set(others)].map((other) => (other < 0 ? `(${other})` : `${other}`));
}

/** A statement without which the rest may still compile: a call or an assignment, a throw, an early return. */
function isRemovable(node: ts.Node): boolean {
  if (ts.isExpressionStatement(node) || ts.isThrowStatement(node)) return true;
  if (!ts.isReturnStatement(node)) return false;
  // What a function ends with is its result; one that is left before has a condition around it.
  const { parent } = node;
  return ts.isIfStatement(parent) || (ts.isBlock(parent) && ts.isIfStatement(parent.parent));
}

function conditionOf(node: ts.Node): ts.Expression | undefined {
  if (ts.isIfStatement(node) || ts.isWhileStatement(node) || ts.isDoStatement(node)) return node.expression;
  if (ts.isConditionalExpression(node) || ts.isForStatement(node)) return node.condition;
  return undefined;
}

/** The text with the change made. */
export function mutated(text: string, { start, end, text: put }: Mutation): string {
  return text.slice(0, start) + put + text.slice(end);
}
