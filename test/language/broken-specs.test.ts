import { suite } from "uvu";
import * as assert from "uvu/assert";
import { formatDiagnostic, InputError } from "../../src/base/diagnostic.js";
import { loadSpec } from "../../src/files/spec-files.js";
import { assertGrowsWithSize } from "../growth.js";
import { briefly, parse, problems, problemsOf, readFrom, specText } from "./support.js";

const test = suite("spec: broken specs");

const IR = `"block": "inverted-residual", "expansion": 4, "channels": 24`;

/** Stages and more keys of a spec, and everything that must be said of it, in this order. */
const broken: Readonly<
  Record<string, { stages?: readonly string[]; more?: readonly string[]; says: readonly string[] }>
> = {
  "a wrong type": {
    stages: [`{ ${IR}, "kernel": "3", "repeat": true, "stride": 1.5 }`],
    says: [
      "4:75 expected integer, got text",
      "4:90 expected integer, got true",
      "4:106 expected integer, got 1.5",
    ],
  },
  "a missing key": { stages: [`{ "block": "conv-norm-act" }`], says: ['4:1 "channels" is missing'] },
  "unknown keys": {
    stages: [`{ ${IR}, "kernal": 3 }`],
    more: [`"scalling": { "width": 2 }`],
    says: ['4:65 unknown key "kernal"', '6:1 unknown key "scalling"'],
  },
  "an unknown block": {
    stages: [`{ "block": "inverted-residul" }`],
    says: ['4:12 unknown block "inverted-residul"'],
  },
  "no block": { stages: [`{ "channels": 8 }`], says: ['4:1 "block" is missing'] },
  "a stage that is none": {
    stages: ["5"],
    says: ["4:1 expected a stage as an object or a block string, got 5"],
  },
  "an unknown attention": {
    stages: [`{ ${IR}, "attention": "sse" }`],
    says: ['4:78 unknown attention "sse"'],
  },
  "an unknown attention option": {
    stages: [`{ ${IR}, "attention": { "type": "eca", "ratio": 0.25 } }`],
    says: ['4:95 unknown key "ratio"'],
  },
  "an unknown type of what is no gate": {
    more: [`"detection": { "decoder": { "type": "cels" }, "scores": "a", "boxes": "b" }`],
    says: [
      '6:37 expected one of "offsets", "cells", "distances", got "cels"',
      '6:57 there is no head "a"',
      '6:71 there is no head "b"',
    ],
  },
  "a word that is none of a choice of words and objects": {
    more: [`"detection": { "decoder": "cels", "scores": "a", "boxes": "b" }`],
    says: [
      '6:27 expected "offsets", "cells", "distances" or an object with a type, got "cels"',
      '6:45 there is no head "a"',
      '6:59 there is no head "b"',
    ],
  },
  "an unknown word": {
    more: [`"defaults": { "padding": "sane" }`],
    says: ['6:26 expected one of "symmetric", "same", got "sane"'],
  },
  "an even kernel": { stages: [`{ ${IR}, "kernel": 4 }`], says: ["4:75 the kernel must be odd, got 4"] },
  "features of other forms": {
    more: [`"features": ["P3", { "name": "a/b", "stage": 0 }, 3]`],
    says: [
      "6:14 a level is C and a digit, as C4",
      "6:30 a name has letters, digits, _ and -, and begins with a letter",
      '6:51 expected a level as "C4", or an object with a name and a level, a stage or a named map, got 3',
    ],
  },
  "zero repeats": { stages: [`{ ${IR}, "repeat": 0 }`], says: ["4:75 must be at least 1, got 0"] },
  "no stages": { stages: [], says: ["3:11 must have at least 1 item, got 0"] },
  "a stride over its kernel": {
    stages: [`{ ${IR}, "kernel": 1, "stride": 3 }`],
    says: ["4:88 a stride of 3 on a 1x1 kernel skips pixels"],
  },
  "groups that don't divide": {
    stages: [`{ "block": "conv-norm-act", "channels": 24, "groups": 3 }`],
    says: ["4:55 3 groups must divide the 16 input and 24 output channels"],
  },
  "huge channels": {
    stages: [`{ "block": "conv-norm-act", "channels": 65537 }`],
    says: ["4:41 must be at most 65536, got 65537"],
  },
  "a number that no float holds": {
    more: [`"dropPath": 1e999`],
    says: ["6:13 this number is too large for a 64-bit float"],
  },
  "a rate of one": { more: [`"dropPath": 1`], says: ["6:13 must be below 1, got 1"] },
  "negative counts": { more: [`"expect": { "macs": -1 }`], says: ["6:21 must be at least 0, got -1"] },
  "a duplicate key": {
    more: [`"stem": { "channels": 8 }`],
    says: ['6:1 the key "stem" is twice in this object'],
  },
  "keys of JavaScript's own": {
    more: [`"__proto__": { "width": 2 }, "head": { "constructor": 1 }`],
    says: ['6:1 the key "__proto__" is not allowed', '6:40 the key "constructor" is not allowed'],
  },
  "an unknown pass": {
    more: [`"passes": [{ "pass": "swap-atention", "to": "eca" }]`],
    says: ['6:22 unknown pass "swap-atention"'],
  },
  "a pass that is none": {
    more: [`"passes": [5, { "to": "eca" }]`],
    says: ["6:12 expected a pass as an object or a pipeline as text, got 5", '6:15 "pass" is missing'],
  },
  "null for a section": { more: [`"head": null`], says: ["6:9 expected object, got null"] },
};

for (const [name, { stages = [`{ ${IR} }`], more = [], says }] of Object.entries(broken)) {
  test(name, () => {
    assert.equal(briefly(problems(specText(stages, more))), says);
  });
}

/** Those that hide others by their nature: text that is no JSON, and a list without stages. */
const HIDING = ["no stages", "a number that no float holds", "a duplicate key", "keys of JavaScript's own"];

test("any two mistakes in different places are reported together", () => {
  const alone = Object.entries(broken).filter(([name]) => !HIDING.includes(name));
  for (const [i, [nameA, a]] of alone.entries()) {
    for (const [nameB, b] of alone.slice(i + 1)) {
      // A key stands once in an object.
      if (a.more !== undefined && b.more !== undefined) continue;
      const stages = [...(a.stages ?? []), ...(b.stages ?? [])];
      const said = problems(
        specText(stages.length > 0 ? stages : [`{ ${IR} }`], [...(a.more ?? []), ...(b.more ?? [])]),
      ).map(({ message }) => message);
      const wanted = [...a.says, ...b.says].map((text) => text.replace(/^\S+ /, ""));
      // The second stage's input is the first one's output.
      const missing = wanted.filter(
        (text) => !said.includes(text) && !text.includes("must divide the 16 input"),
      );
      assert.equal(missing, [], `${nameA} and ${nameB}`);
    }
  }
});

test("nothing is said that depends on the value of a refused field", () => {
  const text = (channels: string, kernel: string): string =>
    specText([
      `{ "block": "conv-norm-act", "channels": ${channels}, "kernel": ${kernel}, "stride": 2 }`,
      `{ "block": "conv-norm-act", "channels": 24, "groups": 24 }`,
      `{ ${IR}, "residual": true, "kernel": 4 }`,
    ]);
  assert.equal(briefly(problems(text(`"24"`, "3"))), [
    "4:41 expected integer, got text",
    "6:93 the kernel must be odd, got 4",
  ]);
  assert.equal(briefly(problems(text("24", `"1"`))), [
    "4:55 expected integer, got text",
    "6:93 the kernel must be odd, got 4",
  ]);
});

test("a wrong pass option has the option's place", () => {
  const [problem, ...others] = problems(
    specText([`{ ${IR} }`], [`"passes": [{ "pass": "remove-attention", "kynd": "se" }]`]),
  );
  assert.equal(others, []);
  assert.is(problem?.path, "$.passes[0].kynd");
  assert.equal([problem?.line, problem?.column], [6, 42]);
  assert.match(problem?.hint ?? "", /kind/);
});

test("a wrong pipeline text has the place inside the text", () => {
  const [problem, ...others] = problems(
    specText([`{ ${IR} }`], [`"passes": ["fold-batch-norm,remove-atention"]`]),
  );
  assert.equal(others, []);
  assert.match(problem?.message ?? "", /unknown pass "remove-atention"/);
  assert.equal([problem?.line, problem?.column], [6, 29]);
});

test("hints name the nearest known word", () => {
  const hints = problems(
    specText([`{ ${IR}, "kernal": 3 }`, `{ "block": "inverted-residul" }`, `{ ${IR}, "attention": "ecca" }`]),
  ).map(({ hint }) => hint);
  assert.equal(hints, [
    'did you mean "kernel" or "kernels"?',
    'did you mean "inverted-residual" or "fused-inverted-residual"?',
    'did you mean "eca"?',
  ]);
});

test("a number or a truth in quotes: without them", () => {
  const hints = problems(specText([`{ ${IR}, "kernel": "3", "stride": "two", "scaleDepth": "false" }`])).map(
    ({ hint }) => hint,
  );
  assert.equal(hints, ["write 3 without quotes", undefined, "write false without quotes"]);
});

test("schema and rules speak at once, in the order of places", () => {
  const stages = [`{ ${IR}, "kernel": 4 }`, `{ ${IR}, "repeat": 0 }`, `{ ${IR}, "kernel": 1, "stride": 2 }`];
  assert.equal(briefly(problems(specText(stages, [`"hed": {}`]))), [
    "4:75 the kernel must be odd, got 4",
    "5:75 must be at least 1, got 0",
    "6:88 a stride of 2 on a 1x1 kernel skips pixels",
    '8:1 unknown key "hed"',
  ]);
});

test("an unknown key doesn't silence the rules that need the whole network", () => {
  const stages = [`{ "block": "conv-norm-act", "channels": 24, "groups": 3, "kernal": 3 }`];
  assert.equal(briefly(problems(specText(stages))), [
    "4:55 3 groups must divide the 16 input and 24 output channels",
    '4:58 unknown key "kernal"',
  ]);
});

test("a wrong default is reported once, where it stands", () => {
  const stages = [`{ ${IR}, "attention": "se" }`, `{ ${IR}, "attention": "se" }`];
  const more = [`"defaults": { "attention": { "se": { "ratio": "x" } } }`];
  assert.equal(briefly(problems(specText(stages, more))), ["7:47 expected number, got text"]);
});

test("every syntax error, one for a line", () => {
  assert.equal(
    briefly(problems(`{\n"stem": { "channels" 8 },\n"stages": [NaN],\n"name": "x"\n"head": {}\n}`)),
    [
      "2:22 expected a colon, got 8",
      "3:12 this is no JSON value, got NaN",
      '5:1 expected a comma, got "head"',
    ],
  );
});

test("comments, trailing commas and a byte order mark are fine", () => {
  const text = `\uFEFF// a network\n${specText([`{ ${IR}, }, /* one */`], [`"head": { "classes": 10, },`])}`;
  assert.is(parse(text).resolved.head?.classes, 10);
});

test("an empty file", () => {
  const [problem] = problems(" \n\t");
  assert.is(problem?.message, "the file is empty");
  assert.is(problem?.file, "net.json");
});

test("a spec that is a list", () => {
  assert.equal(briefly(problems("[1]")), ["1:1 a spec is an object"]);
});

test("megabytes of brackets fail fast, open or closed", () => {
  const fails = (text: string, message: string) => (length: number) => {
    const brackets = text.repeat(length / text.length);
    return () => assert.equal(briefly(problems(brackets)), [message]);
  };
  assertGrowsWithSize(5_000_000, fails("[", "1:65 objects and lists are nested over 64 levels deep"));
  assertGrowsWithSize(5_000_000, fails("[]", "1:200001 there are over 100000 objects and lists"));
});

test("brackets in texts and comments don't count", () => {
  const many = "[".repeat(100);
  const text = specText(
    [`{ ${IR} }`],
    [`"description": "\\"${many}", // ${many}\n/* ${many} */ "name": "x"`],
  );
  assert.is(parse(text).resolved.name, "x");
});

test("a huge file", () => {
  assert.is(problems(`${" ".repeat(16 * 1024 * 1024)}{}`)[0]?.message, "the file is larger than 16 MiB");
});

test("a folder instead of a file", () => {
  const [problem] = problemsOf(() => loadSpec("test/language"));
  assert.is(problem?.code, "spec/is-folder");
});

test("a file that is not there", () => {
  const [problem] = problemsOf(() => loadSpec("nowhere/b0-eca.json"));
  assert.is(problem?.message, "there is no file nowhere/b0-eca.json");
  const [misspelt] = problemsOf(() => loadSpec("b0-ecca"));
  assert.is(misspelt?.message, "there is no spec b0-ecca");
  assert.match(misspelt?.hint ?? "", /^did you mean "b0-eca"/);
});

test("a missing base has the place of `extends`", () => {
  const [problem] = problems(`{\n"extends": "nowhere/base.json"\n}`);
  assert.is(problem?.message, "there is no file nowhere/base.json");
  assert.equal([problem?.line, problem?.column, problem?.path], [2, 12, "$.extends"]);
});

test("a circle of bases is named", () => {
  const files = { "a.json": `{ "extends": "b.json" }`, "b.json": `{\n"extends": "./a.json" }` };
  const [problem] = problemsOf(() => loadSpec("a.json", {}, readFrom(files)));
  assert.is(problem?.message, '"extends" goes in a circle: a.json → b.json → a.json');
  assert.equal([problem?.file, problem?.line, problem?.column], ["b.json", 2, 12]);
  const [own] = problemsOf(() => loadSpec("a.json", {}, readFrom({ "a.json": `{ "extends": "a" }` })));
  assert.is(own?.message, '"extends" goes in a circle: a.json → a.json');
});

test("an endless chain of bases is refused, one of 64 is read", () => {
  const chain = (length: number): Record<string, string> => ({
    ...Object.fromEntries(
      Array.from({ length }, (_, i) => [`${i}.json`, `{ "extends": "./${i + 1}.json" }`] as const),
    ),
    [`${length}.json`]: specText([]),
  });
  const [problem] = problemsOf(() => loadSpec("0.json", {}, readFrom(chain(20_000))));
  assert.is(problem?.message, "over 64 specs extend one another");
  assert.equal([problem?.file, problem?.line, problem?.path], ["64.json", 1, "$.extends"]);
  assert.not.match(
    problemsOf(() => loadSpec("0.json", {}, readFrom(chain(64)))).join(),
    "extend one another",
  );
});

test("the message for people shows the line", () => {
  try {
    parse(specText([`{ "block": "conv-norm-act", "channels": 8, "kernal": 3 }`]));
    assert.unreachable();
  } catch (error) {
    assert.instance(error, InputError);
    assert.is(
      (error as InputError).diagnostics.map(formatDiagnostic).join("\n"),
      [
        'net.json:4:44: error: unknown key "kernal" [spec/unknown-key]',
        "  at $.stages[0].kernal",
        "",
        '4 | { "block": "conv-norm-act", "channels": 8, "kernal": 3 }',
        "  |                                            ^^^^^^^^",
        '  hint: did you mean "kernel"?',
      ].join("\n"),
    );
  }
});

test.run();
