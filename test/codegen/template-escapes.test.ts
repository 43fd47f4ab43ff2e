import { spawnSync } from "node:child_process";
import * as fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { shows } from "../../src/base/visible-text.js";
import { nameForms, uniqueIdentifiers } from "../../src/codegen/names.js";
import { escapeFor } from "../../src/codegen/user-templates/escapes.js";
import { skip } from "../skip.js";
import { PYTHON } from "./torch.js";

/** What templates write of any text: parsers of the languages read it back, and it ends nothing. */
const test = suite("codegen: escapes of templates");

const HOSTILE = [
  ...[
    '"',
    "'",
    "`",
    "\\",
    "$",
    "$" + "{1}",
    "\n",
    "\r\n",
    "\t",
    "\0",
    "\u2028",
    "\u202e",
    "\u0085",
    "\u{e0001}",
  ],
  ...[
    "*/",
    "/*",
    "//",
    "*",
    "/",
    "??/",
    "-->",
    "</script>",
    "<b>",
    "&amp;",
    "|",
    "[x](y)",
    "{{name}}",
    "é😀",
  ],
];
const texts = fc.sample(
  fc
    .array(fc.oneof(fc.constantFrom(...HOSTILE), fc.string({ unit: "binary" })), { maxLength: 6 })
    .map((parts) => parts.join("")),
  { numRuns: 1000, seed: 1 },
);

function written(ending: string): readonly string[] {
  const safe = escapeFor(`a/b.${ending}`);
  assert.ok(safe, ending);
  return texts.map(safe);
}

/** What an escape may lose: characters beyond the first plane that do not show. */
function visible(text: string): string {
  return [...text].map((sign) => (sign.length > 1 && !shows().test(sign) ? "\ufffd" : sign)).join("");
}

/** Runs a program of JavaScript and gives what it returns. */
function javaScript(program: string): unknown {
  return new Function(program)();
}

test("JSON and JavaScript read back what was written, in every kind of quotes, and comments stay comments", () => {
  for (const [i, text] of written("json").entries()) {
    const expected = visible(texts[i] ?? "");
    assert.is(JSON.parse(`"${text}"`), expected);
    for (const quote of ['"', "'", "`"]) assert.is(javaScript(`return ${quote}${text}${quote}`), expected);
    assert.is(javaScript(`/*${text}*/ return 1; // ${text}\n`), 1);
    // Stars and slashes of the template beside it end nothing either.
    if (text !== "") assert.is(javaScript(`/**${text}/ */ return 1;`), 1);
    assert.not.match(text, /<|>/);
  }
});

test("Python reads back what was written, in strings, docstrings and comments", () => {
  const program = `
import ast, json, sys
for text in json.load(sys.stdin):
    values = [ast.literal_eval(quote + text + quote) for quote in ('"', "'", '"' * 3, "'" * 3)]
    assert len(set(values)) == 1
    tree = ast.parse('def f():\\n    """' + text + '"""\\n    return 1  # ' + text + '\\nx = 2\\n')
    assert len(tree.body) == 2
    print(json.dumps(values[0]))
`;
  const { status, stdout, stderr, error } = spawnSync(PYTHON, ["-c", program], {
    input: JSON.stringify(written("py")),
    encoding: "utf8",
    maxBuffer: 1 << 26,
  });
  if (error !== undefined) {
    skip("Python's escapes", `there is no ${PYTHON}`);
    return;
  }
  assert.is(status, 0, stderr);
  const lines = stdout.trimEnd().split("\n");
  assert.equal(
    lines.map((line) => JSON.parse(line)),
    texts.map((text) => visible(text).replaceAll(/[\u0080-\u009f]/g, "\ufffd")),
  );
});

test("C, Rust and Swift get no quote, no line end, no backslash but of an escape, and no end of a comment", () => {
  for (const [ending, escapes] of [
    ["h", /\\[0-7]{3}|\\u[0-9a-f]{4}/g],
    ["rs", /\\u\{[0-9a-f]+\}/g],
  ] as const) {
    for (const text of written(ending)) {
      assert.not.match(text.replaceAll(escapes, ""), /["'`\\$?\p{Cc}\p{Zl}\p{Zp}]/u);
      // Between a star and a slash of the template as well.
      for (const around of [`*${text}x`, `x${text}/`]) assert.not.match(around, /\*\//);
    }
  }
});

test("pages get no markup, tables no other cells", () => {
  const references = /&#\d+;/g;
  for (const text of written("html")) assert.not.match(text.replaceAll(references, ""), /[<>&"'`\p{Cc}]/u);
  for (const text of written("md")) {
    assert.not.match(text.replaceAll(references, ""), /[<>&"'`|[\]*\\\p{Cc}\p{Zl}]/u);
  }
  for (const text of written("csv")) assert.not.match(text.replaceAll('""', ""), /["\p{Cc}]/u);
  assert.is(escapeFor("Makefile"), undefined);
  assert.is(escapeFor("a.sh"), undefined);
});

test("names are identifiers, whatever they are made of", () => {
  assert.equal(nameForms("EfficientNet-B0 (ECA)"), {
    text: "EfficientNet-B0 (ECA)",
    kebab: "efficientnet-b0-eca",
    snake: "efficientnet_b0_eca",
    constant: "EFFICIENTNET_B0_ECA",
    camel: "efficientNetB0ECA",
    pascal: "EfficientNetB0ECA",
  });
  for (const text of [...texts, "class", "3d", "None", "double"]) {
    const { kebab, snake, constant, camel, pascal } = nameForms(text);
    assert.match(kebab, /^[a-z0-9]+(-[a-z0-9]+)*$/);
    for (const name of [snake, constant, camel, pascal]) {
      assert.match(name, /^[A-Za-z_][A-Za-z0-9_]*$/);
      assert.not(["class", "double", "None"].includes(name), name);
      javaScript(`let ${name}`);
    }
  }
  assert.equal(uniqueIdentifiers(["a.b", "a_b", "a_b_2", "?"]), ["a_b", "a_b_2", "a_b_2_2", "network"]);
});

test.run();
