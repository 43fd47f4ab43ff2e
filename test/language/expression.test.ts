import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { evaluate, type Scope } from "../../src/language/definitions/evaluate.js";
import { ExpressionError, namesIn, parseExpression } from "../../src/language/definitions/expression.js";

const test = suite("spec: expressions");

const NAMES: Readonly<Record<string, number | boolean>> = {
  channels: 24,
  expansion: 2.5,
  stride: 2,
  wide: true,
};
const scope: Scope = {
  valueOf: (name) => (Object.hasOwn(NAMES, name) ? NAMES[name] : undefined),
  whyMissing: (name) => `no ${name} here`,
  divisible: (channels, divisor = 8) => Math.round(channels / divisor) * divisor,
  scaled: (channels) => channels * 3,
};

const values: readonly (readonly [text: string, value: number | boolean])[] = [
  ["7", 7],
  [" 1.5e2 ", 150],
  ["round(channels * expansion)", 60],
  ["2 + 3 * 4 - 6 / 2", 11],
  ["20 - 5 - 5", 10],
  ["64 / 4 / 2", 8],
  ["7 % 4 * 2", 6],
  ["-channels + 30", 6],
  ["--2", 2],
  ["(2 + 3) * 4", 20],
  ["stride > 1 ? channels : 2 * channels", 24],
  ["stride == 1 ? 1 : stride == 2 ? 4 : 9", 4],
  ["stride != 2 or channels >= 24 and wide", true],
  ["not wide or not (stride < 2)", true],
  ["channels <= 23", false],
  ["min(4, 2, 8) + max(1, 3)", 5],
  ["floor(2.7) + ceil(2.2) + abs(-3)", 8],
  ["sqrt(16) + log2(channels / 3)", 7],
  ["divisible(27) + divisible(27, 10)", 54],
  ["scaled(5)", 15],
  // What is not taken is not looked at.
  ["stride > 1 ? 5 : 1 / 0", 5],
  ["stride > 1 or missing", true],
];

for (const [text, value] of values) {
  test(`${text} is ${value}`, () => assert.is(evaluate(parseExpression(text), scope), value));
}

const mistakes: readonly (readonly [text: string, offset: number, length: number, message: string])[] = [
  ["", 0, 1, "the expression ends too early"],
  ["2 *", 3, 1, "the expression ends too early"],
  ["2 * / 3", 4, 1, 'expected a number, a name or "(", got "/"'],
  ["2 3", 2, 1, 'unexpected "3"'],
  ["channels $ 2", 9, 1, 'unexpected "$"'],
  ["(1 + 2", 6, 1, 'expected ")", got the end'],
  ["stride > 1 ? 2", 14, 1, 'expected ":", got the end'],
  ["ruond(2)", 0, 5, 'there is no function "ruond"'],
  ["1 + round(2, 3)", 4, 11, "round takes 1 argument, got 2"],
  ["divisible(1, 2, 3)", 0, 18, "divisible takes 1 to 2 arguments, got 3"],
  ["and 2", 0, 3, 'expected a number, a name or "(", got "and"'],
  ["1e999", 0, 5, "this number is too large"],
  ["1 + missing", 4, 7, "no missing here"],
  ["2 * wide", 4, 4, "expected a number, got true"],
  ["stride and wide", 0, 6, "expected true or false, got 2"],
  ["10 / (stride - 2)", 5, 12, "this is zero, and something is divided by it"],
  ["sqrt(0 - 4)", 0, 11, "sqrt of -4 is no number"],
  ["log2(0)", 0, 7, "log2 of 0 is no number"],
  ["divisible(8, 0)", 0, 15, "0 is no divisor"],
  ["1 + 0 * (1e300 * 1e300)", 8, 15, "the value of this is too large"],
  ["max(1e300 * 1e300 - 1e300 * 1e300)", 4, 13, "the value of this is too large"],
  ["wide == 1", 8, 1, "expected true or false, got 1"],
  ["1 != wide", 5, 4, "expected a number, got true"],
  [`1${"+1".repeat(2000)}`, 512, 1, "the expression is too long"],
  [`${"(".repeat(70)}1${")".repeat(70)}`, 65, 1, "this is nested too deeply"],
  [`${"-".repeat(70)}1`, 65, 1, "this is nested too deeply"],
];

for (const [text, offset, length, message] of mistakes) {
  test(`${text === "" ? "nothing" : text.slice(0, 40)}: ${message}`, () => {
    try {
      evaluate(parseExpression(text), scope);
      assert.unreachable();
    } catch (error) {
      assert.instance(error, ExpressionError);
      const { at, message: said } = error as ExpressionError;
      assert.match(said, message);
      assert.equal([at.offset, at.length], [offset, length]);
    }
  });
}

test("the names of an expression are known without evaluating it", () => {
  const names = namesIn(parseExpression("a > 1 ? min(b, -c) : (d + 2) * e"));
  assert.equal(
    names.map(({ name, at }) => [name, at.offset]),
    [
      ["a", 0],
      ["b", 12],
      ["c", 16],
      ["d", 22],
      ["e", 31],
    ],
  );
});

/** The value, or the mistake; anything else goes on as it is. */
function outcomeOf(text: string): unknown {
  try {
    return evaluate(parseExpression(text), scope);
  } catch (error) {
    if (error instanceof ExpressionError) return error;
    throw error;
  }
}

test("no text does anything but give a value or an ExpressionError inside of it", () => {
  const piece = fc.constantFrom(
    ..."()+-*/%<>=!?:,. 12",
    "channels",
    "round(",
    "max(",
    "and",
    "not",
    "1e9",
    "\u00fc",
  );
  const text = fc.oneof(
    fc.string(),
    fc.array(piece, { maxLength: 24 }).map((pieces) => pieces.join("")),
  );
  fc.assert(
    fc.property(text, (each) => {
      const outcome = outcomeOf(each);
      if (outcome instanceof ExpressionError) {
        const { offset } = outcome.at;
        assert.ok(offset >= 0 && offset <= each.length, each);
      } else {
        assert.ok(Number.isFinite(outcome) || typeof outcome === "boolean", each);
      }
    }),
    { numRuns: 2000 },
  );
});

test.run();
