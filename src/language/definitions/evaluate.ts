import {
  type BinaryOperator,
  type Expression,
  ExpressionError,
  type FunctionName,
  type Span,
} from "./expression.js";

/** What an expression can be: a number, or the outcome of a comparison. */
export type ExpressionValue = number | boolean;

/** What expressions of one block know. */
export interface Scope {
  /** The value of a name; undefined where the name has none here. */
  valueOf(name: string): ExpressionValue | undefined;
  /** Why a name that exists has no value here. */
  whyMissing(name: string): string;
  /** Channels rounded to a multiple of `divisor`, by default that of the spec's scaling. */
  divisible(channels: number, divisor?: number): number;
  /** Channels after width scaling. */
  scaled(channels: number): number;
}

/**
 * The value of an expression.
 *
 * @throws ExpressionError at the part that has none: a division by zero, a number that is too large, a number where a
 *   comparison is needed
 */
export function evaluate(expression: Expression, scope: Scope): ExpressionValue {
  switch (expression.kind) {
    case "number":
      return expression.value;
    case "name": {
      const value = scope.valueOf(expression.name);
      if (value === undefined) throw new ExpressionError(scope.whyMissing(expression.name), expression.at);
      return value;
    }
    case "unary":
      return expression.operator === "not"
        ? !truth(expression.operand, scope)
        : -amount(expression.operand, scope);
    case "binary":
      return finite(combine(expression.operator, expression.left, expression.right, scope), expression.at);
    case "choice":
      return evaluate(truth(expression.condition, scope) ? expression.then : expression.otherwise, scope);
    case "call":
      return finite(
        call(
          expression.name,
          expression.args.map((each) => amount(each, scope)),
          scope,
          expression.at,
        ),
        expression.at,
      );
  }
}

function combine(
  operator: BinaryOperator,
  left: Expression,
  right: Expression,
  scope: Scope,
): ExpressionValue {
  switch (operator) {
    case "and":
      return truth(left, scope) && truth(right, scope);
    case "or":
      return truth(left, scope) || truth(right, scope);
    case "==":
      return equal(left, right, scope);
    case "!=":
      return !equal(left, right, scope);
    case "<":
      return amount(left, scope) < amount(right, scope);
    case "<=":
      return amount(left, scope) <= amount(right, scope);
    case ">":
      return amount(left, scope) > amount(right, scope);
    case ">=":
      return amount(left, scope) >= amount(right, scope);
    case "+":
      return amount(left, scope) + amount(right, scope);
    case "-":
      return amount(left, scope) - amount(right, scope);
    case "*":
      return amount(left, scope) * amount(right, scope);
    case "/":
      return amount(left, scope) / divisor(right, scope);
    case "%":
      return amount(left, scope) % divisor(right, scope);
  }
}

function call(name: FunctionName, args: readonly number[], scope: Scope, at: Span): number {
  const [x = 0, y] = args;
  switch (name) {
    case "min":
      return Math.min(...args);
    case "max":
      return Math.max(...args);
    case "abs":
      return Math.abs(x);
    case "floor":
      return Math.floor(x);
    case "ceil":
      return Math.ceil(x);
    case "round":
      return Math.round(x);
    case "sqrt":
      return x < 0 ? refuseAt(at, `sqrt of ${x} is no number`) : Math.sqrt(x);
    case "log2":
      return x <= 0 ? refuseAt(at, `log2 of ${x} is no number`) : Math.log2(x);
    case "divisible":
      return y !== undefined && (y < 1 || !Number.isInteger(y))
        ? refuseAt(at, `${y} is no divisor: it must be an integer of at least 1`)
        : scope.divisible(x, y);
    case "scaled":
      return scope.scaled(x);
  }
}

/** A number and a truth are never equal: comparing them is a mistake, and no `false`. */
function equal(left: Expression, right: Expression, scope: Scope): boolean {
  const value = evaluate(left, scope);
  return value === (typeof value === "number" ? amount(right, scope) : truth(right, scope));
}

/** Beyond the range of numbers, what is calculated further means nothing. */
function finite(value: ExpressionValue, at: Span): ExpressionValue {
  return typeof value === "boolean" || Number.isFinite(value)
    ? value
    : refuseAt(at, "the value of this is too large");
}

function amount(expression: Expression, scope: Scope): number {
  const value = evaluate(expression, scope);
  if (typeof value === "number") return value;
  return refuseAt(expression.at, `expected a number, got ${value}`);
}

function truth(expression: Expression, scope: Scope): boolean {
  const value = evaluate(expression, scope);
  if (typeof value === "boolean") return value;
  throw new ExpressionError(
    `expected true or false, got ${value}`,
    expression.at,
    "compare it: `groups > 1`",
  );
}

function divisor(expression: Expression, scope: Scope): number {
  const value = amount(expression, scope);
  return value === 0 ? refuseAt(expression.at, "this is zero, and something is divided by it") : value;
}

function refuseAt(at: Span, message: string): never {
  throw new ExpressionError(message, at);
}
