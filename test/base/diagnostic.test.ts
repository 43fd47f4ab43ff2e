import { suite } from "uvu";
import * as assert from "uvu/assert";
import { byReason, InputError, MOST_PROBLEMS, sayTogether } from "../../src/base/diagnostic.js";

const test = suite("base: diagnostics");

const problems = (count: number) => Array.from({ length: count }, (_, i) => `problem ${i}`);

test("of many problems of one file the first are said, and how many are left out", () => {
  const all = InputError.ofFile("weights/npz", "x.npz", " is broken", problems(MOST_PROBLEMS)).diagnostics;
  assert.is(all.length, MOST_PROBLEMS);
  assert.is(all.at(-1)?.message, `x.npz is broken: problem ${MOST_PROBLEMS - 1}`);
  const { diagnostics } = InputError.ofFile("weights/npz", "x.npz", " is broken", problems(1025));
  assert.equal(diagnostics.slice(0, MOST_PROBLEMS), all);
  assert.equal(
    diagnostics.slice(MOST_PROBLEMS).map(({ code, message }) => [code, message]),
    [["ecagen/more", "1,005 more of them, which are not shown"]],
  );
});

test("problems of one reason are one message, in the order in which the reasons come first", () => {
  const said = byReason([
    { subject: "a", reason: "is too large" },
    { subject: "b", reason: "has no name" },
    { subject: "c", reason: "is too large" },
    { subject: "d", reason: "is too large" },
  ]).map(sayTogether);
  assert.equal(said, ["a and 2 more: is too large", "b: has no name"]);
});

test.run();
