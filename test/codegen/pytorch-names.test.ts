import { spawnSync } from "node:child_process";
import * as fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { countNetwork } from "../../src/analysis/counts.js";
import { InputError } from "../../src/base/diagnostic.js";
import { generatePyTorch } from "../../src/codegen/pytorch/generate.js";
import {
  className,
  identifier,
  pythonNumber,
  pythonRemark,
  pythonString,
} from "../../src/codegen/pytorch/python.js";
import { codegenSubject } from "../../src/driver/codegen/program.js";
import { specNetwork } from "../../src/given/spec-file.js";
import { skip } from "../skip.js";
import { throwsError } from "../throws.js";
import { PYTHON } from "./torch.js";

/** Texts of a spec never become code: Python reads back exactly what was written, whatever it is. */
const test = suite("codegen: names in Python");

const HOSTILE = [
  '"""',
  "'''",
  '"',
  "'",
  "\\",
  "\n",
  "\r",
  "\f",
  "\u2028",
  "\u202e",
  "\0",
  "#",
  "{x}",
  "\\N{BULLET}",
];
const WORDS = ["None", "class", "lambda", "__import__('os')", "match", "self", "0", "é", "😀"];
const text = fc
  .array(fc.oneof(fc.constantFrom(...HOSTILE, ...WORDS), fc.string({ unit: "binary" })), { maxLength: 6 })
  .map((parts) => parts.join(""));

/** What Python makes of expressions, as JSON; the standard library is enough. */
function python(program: string, input: unknown): unknown {
  const { status, stdout, stderr } = spawnSync(PYTHON, ["-c", program], {
    input: JSON.stringify(input),
    encoding: "utf8",
  });
  assert.is(status, 0, stderr);
  return JSON.parse(stdout);
}

const HAS_PYTHON = spawnSync(PYTHON, ["-c", "0"]).status === 0;

function testWithPython(name: string, body: () => void): void {
  if (HAS_PYTHON) test(name, body);
  else skip(name, `there is no ${PYTHON}`);
}

testWithPython("strings and numbers read back as they were", () => {
  const texts = fc.sample(text, { numRuns: 400, seed: 1 });
  const numbers = fc.sample(fc.double({ noNaN: true, noDefaultInfinity: true }), { numRuns: 400, seed: 1 });
  const program =
    "import ast,json,sys; a=json.load(sys.stdin); print(json.dumps([ast.literal_eval(e) for e in a]))";
  assert.equal(python(program, texts.map(pythonString)), texts);
  const back = python(program, numbers.map(pythonNumber)) as readonly number[];
  assert.ok(back.every((each, i) => Object.is(Number(each), numbers[i])));
  throwsError(() => pythonNumber(Number.NaN), RangeError, /NaN has no literal in Python/);
});

testWithPython("remarks stay in docstrings and comments, names are identifiers", () => {
  const texts = fc.sample(text, { numRuns: 400, seed: 2 });
  const sources = texts.map((each) => [
    `def f():\n    """${pythonRemark(each)}."""\n    # ${pythonRemark(each)}\n    return 7\n`,
    `${identifier(each)} = 1\nclass ${className(`${each} block`)}Block: pass\n`,
  ]);
  const program = `
import ast, json, sys
for remark, names in json.load(sys.stdin):
    f, = ast.parse(remark).body
    assert isinstance(f, ast.FunctionDef) and len(f.body) == 2 and ast.get_docstring(f) is not None, remark
    a, c = ast.parse(names).body
    assert isinstance(a, ast.Assign) and isinstance(c, ast.ClassDef), names
print("true")`;
  assert.is(python(program, sources), true);
});

testWithPython("a module of a hostile spec has the syntax tree of a plain one, but for its literals", () => {
  const network = specNetwork("specs/small.json", { passes: "swap-attention{to=eca}" });
  const { before = network.built } = network.exchanged ?? {};
  const old = { graph: before, counts: countNetwork(before), stateNames: undefined };
  const subject = codegenSubject(network, { old });
  const hostile = HOSTILE.join(" x ");
  const files = (name: string, description: string) =>
    generatePyTorch({ ...subject, spec: { ...subject.spec, name, description } }).flatMap((file) =>
      "text" in file && file.path.endsWith(".py") ? [file.text] : [],
    );
  const program = `
import ast, json, sys
def shape(text):
    tree = ast.parse(text)
    return [type(n).__name__ for n in ast.walk(tree)]
plain, hostile = json.load(sys.stdin)
print(json.dumps([shape(p) == shape(h) for p, h in zip(plain, hostile)]))`;
  const same = python(program, [files("net", "a network"), files(hostile, hostile)]) as readonly boolean[];
  assert.is(same.length, 8);
  assert.ok(same.every(Boolean));
});

test("the same spec gives the same files", () => {
  const files = () => generatePyTorch(codegenSubject(specNetwork("specs/skresnet18.json"), {}));
  assert.equal(files(), files());
});

test("a network whose layers a pass has folded is refused, with the pass in the message", () => {
  const network = specNetwork("specs/small.json", { passes: "fold-batch-norm" });
  throwsError(
    () => generatePyTorch(codegenSubject(network, {})),
    InputError,
    /stem\/conv: fold-batch-norm made conv of it/,
    { code: "codegen/lowered", hint: /leave fold-batch-norm out/ },
  );
  const standardized = specNetwork("specs/eca-nfnet-l0.json", { passes: "standardize-weights" });
  throwsError(
    () => generatePyTorch(codegenSubject(standardized, {})),
    InputError,
    /conv: standardize-weights made conv of it/,
    { code: "codegen/lowered", hint: /leave standardize-weights out/ },
  );
});

test("factors of removed gates are refused, unless layers take them over", () => {
  const removed = (more: string) =>
    codegenSubject(specNetwork("specs/small.json", { passes: `remove-attention{factor=true}${more}` }), {});
  throwsError(
    () => generatePyTorch(removed("")),
    InputError,
    /attention: a factor for each channel is left of the gate/,
    { code: "codegen/lowered", hint: /put absorb-factors after remove-attention/ },
  );
  assert.ok(generatePyTorch(removed(",absorb-factors")).length > 0);
});

test.run();
