import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { ResolvedDefined } from "../../src/language/definitions/resolved-definition.js";
import { briefly, parse, problems } from "./support.js";

const test = suite("spec: definitions");

/** A spec of one definition, whose keys stand on line 3 and 4, with stages from line 7 on. */
function spec(definition: readonly string[], stages: readonly string[], more = ""): string {
  return `{\n"blocks": { "own": {\n${definition.join(",\n")}\n} },\n"stem": { "channels": 16 },\n"stages": [\n${stages.join(",\n")}\n]${more}\n}`;
}

const conv = (channels: string | number, more = ""): string =>
  `{ "layer": "conv", "channels": ${JSON.stringify(channels)}${more} }`;
const layers = (...list: readonly string[]): string => `"layers": [${list.join(", ")}]`;
const own = (more = ""): string => `{ "block": "own"${more} }`;

function blocks(
  definition: readonly string[],
  stages: readonly string[],
  more = "",
): readonly ResolvedDefined[] {
  return parse(spec(definition, stages, more)).resolved.blocks as readonly ResolvedDefined[];
}

function says(definition: readonly string[], stages: readonly string[], more = ""): readonly string[] {
  return briefly(problems(spec(definition, stages, more)));
}

test("expressions speak of the stage's keys, the definition's fields, and the place", () => {
  const definition = [
    `"fields": { "expansion": { "default": 2 }, "groups": {} }`,
    layers(
      conv("round(channels * expansion)", `, "kernel": 3, "stride": "stride", "groups": "groups"`),
      conv("in + inputChannels + index + stage + repeat", `, "when": "index > 0"`),
      conv("channels"),
    ),
  ];
  const stages = [own(`, "channels": 24, "groups": 4, "repeat": 2, "stride": 2`)];
  const [first, second] = blocks(definition, stages);
  const channels = (block?: ResolvedDefined): unknown => block?.layers.map((layer) => layer.channels);
  assert.equal(channels(first), [48, 24]);
  // 48 into the layer, 24 into the block, the second block of the first stage, which has two.
  assert.equal(channels(second), [48, 48 + 24 + 1 + 0 + 2, 24]);
  const strides = [first, second].map(
    (block) => block?.layers[0]?.layer === "conv" && block.layers[0].stride,
  );
  assert.equal(strides, [
    [2, 2],
    [1, 1],
  ]);
  assert.equal([first?.inputChannels, second?.inputChannels, second?.channels], [16, 24, 24]);
});

test("a stage's own fields take the place of the defaults, and may be truths", () => {
  const definition = [
    `"fields": { "expansion": { "default": 2 }, "wide": { "default": false } }`,
    layers(conv("wide ? in * expansion : in")),
  ];
  const found = blocks(definition, [own(), own(`, "wide": true`), own(`, "wide": true, "expansion": 4`)]);
  assert.equal(
    found.map(({ channels }) => channels),
    [16, 32, 128],
  );
});

test("scaling: `channels` is scaled, numbers are not, `scaled` and `divisible` are there", () => {
  const definition = [
    layers(conv(10), conv("scaled(10)"), conv("divisible(21)"), conv("divisible(21, 5)"), conv("channels")),
  ];
  const [block] = blocks(definition, [own(`, "channels": 20`)], `, "scaling": { "width": 2, "divisor": 4 }`);
  assert.equal(
    block?.layers.map((layer) => layer.channels),
    [10, 20, 20, 20, 40],
  );
});

test("repetitions are written out, and names lead to every layer", () => {
  const definition = [
    layers(
      `{ "layer": "repeat", "name": "deep", "times": "1 + index", "layers": [${conv(8, `, "name": "a"`)}, ${conv(4)}] }`,
      `{ "layer": "branches", "branches": [[], [${conv(6)}]] }`,
    ),
  ];
  const [first, second] = blocks(definition, [own(`, "repeat": 2`)]);
  assert.equal(
    first?.layers.map(({ name, channels }) => [name, channels]),
    [
      ["layers/deep/0/a", 8],
      ["layers/deep/0/1", 4],
      ["layers/1", 10],
    ],
  );
  assert.is(second?.layers.length, 5);
  const [, , branches] = first?.layers ?? [];
  assert.is(branches?.layer === "branches" && branches.branches[1]?.[0]?.name, "layers/1/branches/1/0");
});

test("a shortcut: the input itself, layers, or only where `residual` holds", () => {
  const path = layers(conv("in"));
  const kinds = (definition: readonly string[]): unknown =>
    blocks(definition, [own(`, "repeat": 2`)]).map(({ residual, shortcut }) => [residual, shortcut?.length]);
  assert.equal(kinds([path]), [
    [false, undefined],
    [false, undefined],
  ]);
  assert.equal(kinds([path, `"shortcut": []`]), [
    [true, 0],
    [true, 0],
  ]);
  const everyBlock = kinds([path, `"shortcut": []`]);
  assert.equal(everyBlock, [
    [true, 0],
    [true, 0],
  ]);
  assert.equal(kinds([path, `"residual": true`]), everyBlock);
  assert.equal(kinds([path, `"residual": false`]), [
    [false, undefined],
    [false, undefined],
  ]);
  assert.equal(kinds([path, `"residual": "index > 0"`]), [
    [false, undefined],
    [true, 0],
  ]);
  assert.equal(kinds([path, `"residual": "index > 0", "shortcut": [${conv("in")}]`]), [
    [false, undefined],
    [true, 1],
  ]);
});

test("the gate stands at the layer for it, else at the end of the main path", () => {
  const stage = own(`, "attention": "eca"`);
  const at = (...list: readonly string[]): unknown =>
    blocks([layers(...list)], [stage])[0]?.gates[0]?.position;
  assert.is(at(conv(8)), "standard");
  assert.is(at(conv(8), `{ "layer": "attention" }`, conv(4)), "spatial");
  assert.equal(says([layers(conv(8))], [own(`, "attention": { "type": "eca", "position": "spatial" }`)]), [
    '7:61 a block of type own has no place "spatial" for a gate',
  ]);
  assert.equal(says([layers(conv(8))], [own(`, "attention": { "type": "eca", "position": "identity" }`)]), [
    '7:61 a block of type own has no place "identity" for a gate',
  ]);
});

test("definitions are shared by extends, and changed key by key", () => {
  const base = spec([`"fields": { "factor": { "default": 2 } }`, layers(conv("in * factor"))], [own()]);
  const changed = `{ "extends": "base.json", "blocks": { "own": { "fields": { "factor": { "default": 3 } } } } }`;
  const more = `{ "extends": "base.json", "blocks": { "other": { "layers": [${conv(5)}] } }, "stages": ["cn_r1_k1_s1_c8", { "block": "other" }, { "block": "own" }] }`;
  const channels = (text: string): unknown =>
    parse(text, { "base.json": base }).resolved.blocks.map((block) => block.channels);
  assert.equal(channels(changed), [48]);
  assert.equal(channels(more), [8, 5, 10]);
});

test("a mistake is shown inside of its expression, with the stage that it fails in", () => {
  const definition = [layers(conv("channels / 16", `, "kernel": 3`), conv("channels"))];
  const stages = [own(`, "channels": 32`), own(`, "channels": 24`)];
  assert.equal(says(definition, stages), [
    "3:43 must be an integer from 1 to 65536, got 1.5 (in block 0 of stage 1)",
  ]);
  assert.equal(says([layers(conv("4 / (stride - 1)"))], [own(`, "stride": 2`), own()]), [
    "3:48 this is zero, and something is divided by it (in block 0 of stage 1)",
  ]);
  assert.equal(says([layers(conv("2 * chanels"))], [own()]), ['3:48 there is nothing named "chanels"']);
  assert.equal(says([layers(conv("2 * "))], [own()]), ["3:48 the expression ends too early"]);
  assert.equal(says([layers(conv(8, `, "when": "stride"`))], [own()]), [
    "3:54 expected true or false, got 1 (in block 0 of stage 0)",
  ]);
  assert.equal(says([layers(conv("channels"))], [own()]), [
    '3:44 the stage says no "channels" (in block 0 of stage 0)',
  ]);
});

test("where a text has escapes, the whole text is the place", () => {
  const definition = [`"layers": [{ "layer": "conv", "channels": "2 \\u002a chanels" }]`];
  const [problem] = problems(spec(definition, [own()]));
  assert.equal([problem?.line, problem?.column], [3, 43]);
});

test("all mistakes come at once, those of the form and those of the expressions", () => {
  const definition = [
    `"fields": { "index": {}, "min": { "default": 1 } }`,
    layers(conv("1 +", `, "kernal": 3`), conv("nope")),
  ];
  const found = says(definition, [own(`, "strid": 2`), `{ "block": "owm" }`]);
  assert.equal(found, [
    '3:22 "index" has a meaning already',
    '3:33 "min" has a meaning already',
    "4:47 the expression ends too early",
    '4:50 unknown key "kernal"',
    '4:97 there is nothing named "nope"',
    '8:19 unknown key "strid"',
    '9:12 unknown block "owm"',
  ]);
  const readable = [`"fields": { "index": {}, "min": { "default": 1 } }`, layers(conv("1 +"), conv("nope"))];
  assert.equal(says(readable, [own(`, "strid": 2`)]), [
    '3:22 "index" has a meaning already',
    '3:33 "min" has a meaning already',
    "4:47 the expression ends too early",
    '4:84 there is nothing named "nope"',
    '8:19 unknown key "strid"',
  ]);
});

const wrong: Readonly<
  Record<string, readonly [definition: readonly string[], stages: readonly string[], says: string]>
> = {
  "a field that is not given": [
    [`"fields": { "width": {} }`, layers(conv("width"))],
    [own()],
    '8:1 "width" is missing',
  ],
  "groups that don't divide": [
    [layers(conv(12, `, "groups": 3`))],
    [own()],
    "3:57 3 groups must divide the 16 input and 12 output channels (in block 0 of stage 0)",
  ],
  "a shortcut of other channels": [
    [layers(conv(8)), `"shortcut": []`],
    [own()],
    "4:13 the shortcut has 16 channels and the main path 8: they can't be added (in block 0 of stage 0)",
  ],
  "branches that have no sum": [
    [layers(`{ "layer": "branches", "join": "sum", "branches": [[], [${conv(8)}]] }`)],
    [own()],
    "3:62 branches of 16, 8 channels have no sum (in block 0 of stage 0)",
  ],
  "channels that can't be split": [
    [layers(`{ "layer": "branches", "input": "split", "branches": [[], [], []] }`)],
    [own()],
    "3:44 16 channels can't be split between 3 branches (in block 0 of stage 0)",
  ],
  "a stride that no layer looks at": [
    [layers(conv(8, `, "stride": 2`))],
    [own(`, "stride": 2`)],
    "7:29 the layers of \"own\" don't look at the stage's stride",
  ],
  "two layers of one name": [
    [layers(conv(8, `, "name": "a"`), conv(8, `, "name": "a"`))],
    [own()],
    '3:103 the list has two layers of the name "a"',
  ],
  "a pooling's padding that counts and is none": [
    [layers(`{ "layer": "pool", "kind": "average", "padding": "ceil", "countPadding": true }`)],
    [own()],
    "3:85 what `ceil` adds is no padding that counts (in block 0 of stage 0)",
  ],
  "a number beyond the range of numbers": [
    [layers(`{ "layer": "scale", "factor": "0 * (1e300 * 1e300)" }`)],
    [own()],
    "3:47 the value of this is too large (in block 0 of stage 0)",
  ],
  "a factor beyond the range of the weights": [
    [layers(`{ "layer": "scale", "factor": 1e39 }`)],
    [own()],
    "3:42 1e+39 is too large for a number of 32 bits (in block 0 of stage 0)",
  ],
  "a factor of standardised weights that is not positive": [
    [layers(conv(8, `, "standardized": { "factor": "in - 16" }`))],
    [own()],
    "3:74 must be above 0, got 0 (in block 0 of stage 0)",
  ],
  "a name in the options of standardised weights": [
    [layers(conv(8, `, "standardized": { "gain": "alpha" }`))],
    [own()],
    '3:73 there is nothing named "alpha"',
  ],
  "standardised weights of which each output channel has one": [
    [layers(conv("in", `, "groups": "in", "standardized": {}`))],
    [own()],
    "3:81 the one weight of an output channel is its own mean (in block 0 of stage 0)",
  ],
  "a gate's layer in the shortcut": [
    [layers(conv("in")), `"shortcut": [{ "layer": "attention" }]`],
    [own()],
    "4:14 only the main path has a layer for the stage's gate",
  ],
  "a gate's layer after the sum": [
    [layers(conv("in")), `"after": [{ "layer": "branches", "branches": [[{ "layer": "attention" }]] }]`],
    [own()],
    "4:48 only the main path has a layer for the stage's gate",
  ],
  "groups of a normalisation that don't divide the channels": [
    [layers(`{ "layer": "norm", "kind": "group", "groups": 3 }`)],
    [own()],
    "3:58 3 groups must divide the 16 input channels (in block 0 of stage 0)",
  ],
  "more groups of a normalisation than there are channels": [
    [layers(`{ "layer": "norm", "kind": "group" }`)],
    [own()],
    "3:12 32 groups must divide the 16 input channels (in block 0 of stage 0)",
  ],
  "groups of a normalisation that has none": [
    [layers(`{ "layer": "norm", "kind": "layer", "groups": 4 }`)],
    [own()],
    '3:58 a normalisation of the kind "layer" has no groups (in block 0 of stage 0)',
  ],
  "a block in a block that the spec doesn't define": [
    [layers(`{ "layer": "block", "block": "owns" }`)],
    [own()],
    '3:41 the spec defines no block "owns"',
  ],
  "a block that is in itself": [
    [layers(`{ "layer": "branches", "branches": [[], [{ "layer": "block", "block": "own" }]] }`)],
    [own()],
    '3:82 "own" is in itself, without an end',
  ],
  "a gate of a layer that says where it stands": [
    [layers(`{ "layer": "attention", "attention": { "type": "eca", "position": "post" } }`)],
    [own()],
    "3:78 a gate of a layer stands where the layer is, and has no position",
  ],
  "a gate in a layer's list that says which blocks have it": [
    [layers(`{ "layer": "attention", "attention": ["eca", { "type": "eca", "blocks": [0] }] }`)],
    [own()],
    "3:84 a gate of a layer stands where the layer is, and has no blocks",
  ],
  "a layer that has the gate none": [
    [layers(`{ "layer": "attention", "attention": "none" }`)],
    [own()],
    '3:49 unknown attention "none"',
  ],
  "a selection of one branch": [
    [layers(`{ "layer": "branches", "join": { "type": "sk" }, "branches": [[]] }`)],
    [own()],
    '3:43 "sk" selects between branches, and there is one (in block 0 of stage 0)',
  ],
  "a pooling's word for padding at a convolution": [
    [layers(conv(8, `, "padding": "ceil"`))],
    [own()],
    '3:58 there is nothing named "ceil"',
  ],
  "a list that is no padding": [
    [layers(conv(8, `, "padding": [1, 2, 3]`))],
    [own()],
    '3:57 expected "symmetric", "same", "valid", a number, an expression, or a list of two of them, got list',
  ],
  "a gate's name where a selection is": [
    [layers(`{ "layer": "branches", "join": { "type": "se" }, "branches": [[], []] }`)],
    [own()],
    '3:53 unknown selection "se"',
  ],
  "a field of a name that every object has": [
    [`"fields": { "toString": { "default": 8 } }`, layers(conv(8))],
    [own()],
    '3:25 "toString" has a meaning already',
  ],
  "a field of a name that none can have": [
    [`"fields": { "Width": {} }`, layers(conv(8))],
    [own()],
    "3:13 a field's name has letters and digits, and begins with a small letter",
  ],
  "more layers than anyone needs": [
    [
      layers(
        `{ "layer": "repeat", "times": 200, "layers": [{ "layer": "repeat", "times": 200, "layers": [{ "layer": "norm" }] }] }`,
      ),
    ],
    [own()],
    "3:104 the spec's own blocks have over 16384 layers (in block 0 of stage 0)",
  ],
};

for (const [what, [definition, stages, message]] of Object.entries(wrong)) {
  test(`${what} is refused`, () => assert.equal(says(definition, stages), [message]));
}

test("all that is wrong with a selection is said", () => {
  const join = `{ "type": "sk", "ratio": "x", "foo": 1 }`;
  const definition = [layers(`{ "layer": "branches", "join": ${join}, "branches": [[], []] }`)];
  assert.equal(says(definition, [own()]), ["3:68 expected number, got text", '3:73 unknown key "foo"']);
});

test("what follows from a mistake is not reported", () => {
  const definition = [
    layers(conv("8 / 3"), conv("in * 2", `, "when": "in > 4"`), conv("inputChannels + in"), conv(8)),
  ];
  const found = says(definition, [own(`, "repeat": 2`)]);
  assert.equal(found, [
    "3:43 must be an integer from 1 to 65536, got 2.6666666666666665 (in block 0 of stage 0)",
  ]);
});

test("a definition's name is said to be wrong where it stands", () => {
  const text = spec([layers(conv(8))], [`"cn_r1_k1_s1_c8"`]).replace('"own"', '"My_Block"');
  assert.equal(briefly(problems(text)), ["2:13 a block's name has small letters, digits and hyphens"]);
});

test("the layers of a network are counted over all of its blocks", () => {
  const definition = [layers(`{ "layer": "repeat", "times": 256, "layers": [${conv(8)}] }`)];
  const [found, ...more] = says(
    definition,
    Array.from({ length: 64 }, () => own(`, "repeat": 256`)),
  );
  assert.match(found ?? "", /the spec's own blocks have over 16384 layers/);
  assert.equal(more, []);
});

test("a definition can't take the name of a block that there is", () => {
  const text = spec([layers(conv(8))], [`"cn_r1_k1_s1_c8"`]).replace('"own"', '"basic"');
  assert.equal(briefly(problems(text)), ['2:22 "basic" is a block of ecagen\'s own']);
});

test("feature levels know the strides of layers, in branches too", () => {
  const strided = `{ "layer": "branches", "branches": [[${conv(8, `, "stride": 2`)}], [{ "layer": "pool", "kind": "max", "stride": 2 }]] }`;
  const text = spec(
    [layers(strided, conv(8, `, "stride": [2, 2]`))],
    [own(), `"cn_r1_k3_s1_c8"`],
    `, "features": ["C3"]`,
  );
  const { features } = parse(text).resolved;
  assert.equal(
    features.map(({ place }) => place),
    [{ after: { stage: 1, index: 0 }, stride: 8, channels: 8 }],
  );
  assert.equal(briefly(problems(text.replace("C3", "C4"))), [
    "9:17 the network has no level C4: no map has the stride 16",
  ]);
});

test("a network without a stem begins with its first stage", () => {
  const text = spec([layers(conv("2 * in"))], [own()]).replace('{ "channels": 16 }', '"none"');
  const { resolved } = parse(text);
  assert.is(resolved.stem, undefined);
  assert.equal([resolved.blocks[0]?.inputChannels, resolved.blocks[0]?.channels], [3, 6]);
  assert.equal(briefly(problems('{ "stages": ["cn_r1_k1_s1_c8"] }')), ['1:1 "stem" is missing']);
});

test.run();
