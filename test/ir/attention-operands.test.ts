import { suite } from "uvu";
import * as assert from "uvu/assert";
import { inferTypes } from "../../src/ir/op.js";
import { definitionOf } from "../../src/ir/ops/registry.js";
import { formatType, type TensorType, TypeRefusal, tensorType } from "../../src/ir/types.js";
import { ATTENTION_TABLES } from "./attention-tables.js";
import { attributesOf, typeOf } from "./op-table.js";

/**
 * Every size of every operand of every attention op, one wrong at a time: generated from the cases that are accepted, so
 * that an op that comes in is looked at too. A size can be wrong by itself, or make that of another operand wrong.
 */
const test = suite("ir: sizes of attention operands");

type Name = keyof typeof ATTENTION_TABLES;

/** Operands of which one has another size, and the change as text. */
interface Changed {
  readonly what: string;
  readonly at: number;
  readonly types: readonly TensorType[];
}

/** A size more, a size less and one axis more, for each axis of each operand. */
function changesOf(types: readonly TensorType[]): readonly Changed[] {
  return types.flatMap(({ dims }, at) => {
    const changed = (what: string, to: TensorType["dims"]): Changed => ({
      what: `operand ${at}, ${what}`,
      at,
      types: types.map((type, i) => (i === at ? tensorType(to) : type)),
    });
    // Batches and places of the map are free.
    const axes = dims.flatMap((size, axis) =>
      typeof size === "number" && (at > 0 || axis === 1) ? [axis] : [],
    );
    return [
      changed("an axis more", [...dims, 1]),
      ...axes.flatMap((axis) => {
        const size = Number(dims[axis]);
        return [size + 1, size - 1, 2 * size]
          .filter((other) => other > 0)
          .map((other) => changed(`axis ${axis} is ${other}`, dims.with(axis, other)));
      }),
    ];
  });
}

/** Why operands are refused; undefined where they aren't. */
function refusalOf(name: Name, types: readonly TensorType[], attributes?: Readonly<Record<string, unknown>>) {
  try {
    inferTypes(definitionOf(name), types, attributesOf(name, attributes));
  } catch (error) {
    assert.instance(error, TypeRefusal, error instanceof Error ? (error.stack ?? "") : "");
    return (error as TypeRefusal).message;
  }
  return undefined;
}

/** Gates that have the same parameters for any number of channels. */
const ANY_CHANNELS: ReadonlySet<Name> = new Set(["attention.eca", "attention.ecam", "attention.sam"]);

/** What is said of sizes beside that an operand must have a shape: of axes, kernels and channels that can't be shared out. */
const OTHER_MESSAGES = [
  /^\w+ must be \[N, C, H, W\]( or \[N, C, L\])?, got float32\[.*\]$/,
  /^a (spatial |first )?kernel of \d+ has no middle$/,
  /^\d+ channels can't be cut into \d+ equal groups$/,
  /^\d+ channels are not those of \d+ paths$/,
  /^-?[\d.]+ channels of keys and \d+ of values can't be cut into \d+ heads$/,
  /^\d+ channels of values are more than the \d+ of x$/,
];

/** Whether a message is true: it asks for the right shape of what was changed, or names what no longer fits to that. */
function isRight(message: string, right: readonly TensorType[], { at, types }: Changed): boolean {
  const [, shape, got] = /^[\w. ]+ must have the shape \[(.*)\], got (.*)$/.exec(message) ?? [];
  if (shape === undefined) return OTHER_MESSAGES.some((each) => each.test(message));
  const isChanged = got === formatType(types[at] as TensorType) && shape === right[at]?.dims.join(", ");
  return isChanged || right.some((type, i) => i !== at && got === formatType(type));
}

for (const name of Object.keys(ATTENTION_TABLES) as Name[]) {
  test(`${name}: a wrong size is refused, with the operand and the shape that it must have`, () => {
    for (const { operands, attributes } of ATTENTION_TABLES[name].accepts) {
      const right = operands.map(typeOf);
      for (const changed of changesOf(right)) {
        const label = `[${operands.join("], [")}] ${JSON.stringify(attributes ?? {})}: ${changed.what}`;
        const message = refusalOf(name, changed.types, attributes);
        const isFree = right.length === 1 || ANY_CHANNELS.has(name);
        const mayBe = isFree && changed.what.startsWith("operand 0, axis 1");
        if (mayBe) assert.is(message, undefined, label);
        else assert.ok(message !== undefined && isRight(message, right, changed), `${label}: ${message}`);
      }
    }
  });
}

test.run();
