import * as fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { positionAt } from "../../src/base/source.js";
import { ATTENTION_TYPES } from "../../src/ir/attention/modules.js";
import type { PassInvocation } from "../../src/passes/engine/pass.js";
import { checkInvocation, parsePipeline, printPipeline } from "../../src/passes/engine/pipeline.js";
import { PASS_NAMES } from "../../src/passes/registry.js";
import { diagnosticsOf } from "./support.js";

const test = suite("passes: pipeline");

/** The attention types as messages list them. */
const TYPES = ATTENTION_TYPES.map((type) => JSON.stringify(type)).join(", ");

/** ECA with the options that it has where a pipeline says none. */
const ECA = {
  ...{ type: "eca", rule: "eca-net", gamma: 2, b: 1, kernelOf: "gated", padding: "zeros", bias: false },
  ...{ squeeze: "average", ownKernels: false, gate: "sigmoid" },
};

test("the text form names passes and their options; defaults are filled in", () => {
  assert.equal(parsePipeline("swap-attention{to=eca}, fold-batch-norm ,lower-attention{strategy=reshape}"), [
    {
      pass: "swap-attention",
      options: {
        to: ECA,
      },
    },
    { pass: "fold-batch-norm", options: {} },
    { pass: "lower-attention", options: { strategy: "reshape", target: "portable" } },
  ]);
  assert.equal(parsePipeline(""), []);
  assert.equal(parsePipeline(" \n"), []);
});

test("options may be objects and lists in one another", () => {
  const text = "swap-attention{from=se,to={type=eca,kernels=[3,5,5,7]},at={stages=[0,1],path=/stages/**}}";
  const [invocation] = parsePipeline(text);
  assert.equal(invocation?.options.to, { ...ECA, kernels: [3, 5, 5, 7] });
  assert.equal(invocation?.options.at, { stages: [0, 1], path: "/stages/**" });
  assert.is(printPipeline([invocation as PassInvocation]), text);
});

test("printing leaves out what is the default, and writes an object of type alone as that type", () => {
  const shortest = (text: string): string => printPipeline(parsePipeline(text));
  assert.is(shortest("lower-attention{strategy=auto,target=cpu}"), "lower-attention{target=cpu}");
  assert.is(shortest("lower-activation{opset=17}"), "lower-activation");
  assert.is(shortest("swap-attention{to={type=eca,rule=eca-net,gamma=2,b=1}}"), "swap-attention{to=eca}");
});

test("a text that would be read as something else is written in quotes", () => {
  for (const path of ["17", "true", "/a,b", "/a{b}", "/with space", '/with "quotes"', "/ä\\n"]) {
    const invocation = { pass: "remove-attention", options: { kind: "any", at: { path } } };
    assert.equal(parsePipeline(printPipeline([invocation])), [invocation], path);
  }
});

const kernel = fc.integer({ min: 0, max: 31 }).map((half) => 2 * half + 1);
const indexes = fc.array(fc.nat(99), { minLength: 1, maxLength: 4 });
const selector = fc.record(
  { stages: indexes, blocks: indexes, path: fc.string({ minLength: 1, unit: "binary" }) },
  { requiredKeys: [] },
);
const gate = fc.oneof(
  fc.constantFrom(...ATTENTION_TYPES),
  fc.record(
    {
      type: fc.constant("eca"),
      kernel,
      kernels: fc.array(kernel, { minLength: 1 }),
      gamma: fc.double({ min: 0.01, max: 100, noNaN: true }),
    },
    { requiredKeys: ["type"] },
  ),
  fc.record(
    { type: fc.constant("se"), ratio: fc.double({ min: 0.001, max: 16, noNaN: true }), bias: fc.boolean() },
    { requiredKeys: ["type"] },
  ),
);
const kind = fc.constantFrom("any", ...ATTENTION_TYPES);
const written = fc.oneof(
  fc.tuple(
    fc.constant("swap-attention"),
    fc.record({ from: kind, to: gate, at: selector }, { requiredKeys: ["to"] }),
  ),
  fc.tuple(fc.constant("remove-attention"), fc.record({ kind, at: selector }, { requiredKeys: [] })),
  fc.tuple(
    fc.constant("lower-activation"),
    fc.record({ opset: fc.integer({ min: 13, max: 30 }) }, { requiredKeys: [] }),
  ),
  fc.tuple(fc.constant("stress-weights"), fc.record({ seed: fc.nat() }, { requiredKeys: [] })),
  fc.tuple(fc.constant("eliminate-dead-code"), fc.constant({})),
);

function checked(pass: string, options: unknown): PassInvocation {
  const result = checkInvocation(pass, options);
  if ("invocation" in result) return result.invocation;
  throw new Error(result.problems.map((problem) => problem.message).join("; "));
}

test("parse(print(pipeline)) is the pipeline, and print of that the same text", () => {
  fc.assert(
    fc.property(fc.array(written, { maxLength: 4 }), (pipeline) => {
      const invocations = pipeline.map(([pass, options]) => checked(pass, options));
      const text = printPipeline(invocations);
      assert.equal(parsePipeline(text), invocations);
      assert.is(printPipeline(parsePipeline(text)), text);
    }),
    { numRuns: 300 },
  );
});

test("any text is read or refused with a place, and nothing else happens", () => {
  const piece = fc.constantFrom(
    ...PASS_NAMES,
    "{",
    "}",
    "[",
    "]",
    "=",
    ",",
    '"',
    "to",
    "eca",
    "at",
    "3",
    " ",
    "\\",
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
      const text = pieces.join("");
      try {
        parsePipeline(text);
      } catch {
        for (const { range } of diagnosticsOf(() => parsePipeline(text))) {
          assert.ok(range !== undefined && range.offset >= 0 && range.offset <= text.length);
        }
      }
    }),
    { numRuns: 500 },
  );
});

/** What the diagnostics of a text point at, and say. */
function problems(
  text: string,
): readonly (readonly [at: string, message: string, hint: string | undefined])[] {
  return diagnosticsOf(() => parsePipeline(text)).map(({ message, range, hint }) => [
    text.slice(range?.offset, (range?.offset ?? 0) + (range?.length ?? 0)),
    message,
    hint,
  ]);
}

test("all problems come at once, in order, each with its place and what was meant", () => {
  assert.equal(problems("swap-atention{to=eca},lower-attention{strategy=autoo},lower-activation{opst=13}"), [
    [
      "swap-atention",
      'unknown pass "swap-atention"',
      'did you mean "swap-attention" or "lower-attention" or "insert-attention"?',
    ],
    [
      "strategy=autoo",
      'strategy is "autoo", expected one of "auto", "transpose", "reshape", "banded"',
      'did you mean "auto"?',
    ],
    ["opst=13", 'unknown option "opst"', 'did you mean "opset"?'],
  ]);
});

test("problems inside of nested options point there", () => {
  assert.equal(problems("swap-attention{to={type=eca,kernal=3,gamma=x},at={stages=[1,a]}}"), [
    ["kernal=3", 'unknown option "kernal"', 'did you mean "kernel" or "kernels" or "kernelOf"?'],
    ["gamma=x", 'gamma is "x", expected number', undefined],
    ["a", 'stages[1] is "a", expected number', undefined],
  ]);
  assert.equal(problems("swap-attention{to={type=ecaa}}"), [
    ["type=ecaa", `type is "ecaa", expected one of ${TYPES}`, 'did you mean "eca" or "ecam"?'],
  ]);
  assert.equal(problems("swap-attention{to={type=eca,kernel=4}}"), [
    ["kernel=4", "kernel is 4: an ECA kernel must be odd, so that it has a middle", undefined],
  ]);
});

test("a missing, a superfluous and a too small option", () => {
  assert.equal(problems("swap-attention"), [
    ["swap-attention", `the option "to" is missing, one of ${TYPES}`, undefined],
  ]);
  assert.equal(problems("fold-batch-norm{x=1}"), [["x=1", 'unknown option "x"', "it takes no options"]]);
  assert.equal(problems("lower-activation{opset=9}"), [
    ["opset=9", "opset is 9, must be at least 13", undefined],
  ]);
});

test("mistakes of syntax", () => {
  assert.equal(problems("fold-batch-norm,,strip-training}"), [
    [",", "expected the name of a pass, got the end", undefined],
    ["}", 'expected "," or the end after strip-training, got }', undefined],
  ]);
  assert.equal(problems("lower-activation{opset"), [["", 'expected "=", got the end', undefined]]);
  assert.equal(problems('remove-attention{at="x'), [['"', "the quotes are not closed", undefined]]);
  assert.equal(problems("swap-attention{to=eca,to=se}"), [["to", "to is given twice", undefined]]);
  assert.equal(problems("swap-attention{to=eca,__proto__={a=1}}"), [
    ["__proto__={a=1}", 'unknown option "__proto__"', "known: from, to, at"],
  ]);
  assert.match(problems(`swap-attention{to=${"[".repeat(100_000)}`)[0]?.[1] ?? "", "nested too deeply");
});

test("places are those in the larger text that the pipeline stands in", () => {
  const text = '{\n  "passes": ["lower-attentin"]\n}';
  const place = { source: { file: "a.json", text }, offset: text.indexOf("lower") };
  const [problem] = diagnosticsOf(() => parsePipeline("lower-attentin", place));
  assert.is(problem?.range?.source.file, "a.json");
  assert.equal(positionAt(place.source, problem?.range?.offset ?? 0), { line: 2, column: 15 });
});

test("checkInvocation says problems by their path into the options", () => {
  assert.equal(checkInvocation("lower-attention", { strategy: "auto", targt: "cpu" }), {
    problems: [{ message: 'unknown option "targt"', path: ["targt"], hint: 'did you mean "target"?' }],
  });
  assert.equal(checkInvocation("fold-batch-norm", undefined), {
    invocation: { pass: "fold-batch-norm", options: {} },
  });
  const unknown = checkInvocation("toString", {});
  assert.ok("problems" in unknown && unknown.problems[0]?.message === 'unknown pass "toString"');
});

test.run();
