import { suite } from "uvu";
import * as assert from "uvu/assert";
import { briefly, parse, problems } from "./support.js";

const test = suite("spec: necks and heads");

/** A spec of three stages, whose neck and heads are each on a line of their own: the neck's layers from line 9, heads from line 12 on. */
function spec({
  neck = [],
  heads = [],
  more = "",
}: {
  readonly neck?: readonly string[];
  readonly heads?: readonly string[];
  readonly more?: string;
}): string {
  const neckText = neck.length === 0 ? "" : `,\n"neck": { "layers": [\n${neck.join(",\n")}\n] }`;
  const headsText = heads.length === 0 ? "" : `,\n"heads": [\n${heads.join(",\n")}\n]`;
  return `{ "stem": { "channels": 8 },
"stages": [
{ "block": "basic", "channels": 8, "as": "c1" },
{ "block": "basic", "channels": 16, "stride": 2 },
{ "block": "basic", "channels": 24, "stride": 2 }
],
"head": { "classifier": false }${neckText}${headsText}${more}
}`;
}

const conv = (channels: number | string, more = ""): string =>
  `{ "layer": "conv", "channels": ${JSON.stringify(channels)}${more} }`;
const head = (from: unknown, more = "", layers: readonly string[] = [conv(4)]): string =>
  `{ "name": "boxes", "from": ${JSON.stringify(from)}${more}, "layers": [${layers.join(", ")}] }`;

const NECK = [conv(16, `, "as": "p3"`), conv(16, `, "from": "c1", "as": "p1"`)];
const says = (parts: Parameters<typeof spec>[0]): readonly string[] => briefly(problems(spec(parts)));

test("a neck reads names of stages, levels and the last map, and heads read what it names", () => {
  const { neck, heads } = parse(
    spec({
      neck: [...NECK, conv(16, `, "from": "C2", "as": "p2"`)],
      heads: [head(["p1", "p2", "p3", "C2"], `, "share": "none"`)],
    }),
  ).resolved;
  assert.equal(neck?.maps, {
    c1: { stage: 0, index: 0 },
    C2: { stage: 1, index: 0 },
    input: { stage: 2, index: 0 },
  });
  assert.equal(
    heads?.[0]?.levels.map(({ name, stride, inputChannels }) => [name, stride, inputChannels]),
    [
      ["p1", 2, 16],
      ["p2", 4, 16],
      ["p3", 8, 16],
      ["C2", 4, 16],
    ],
  );
  assert.is(heads?.[0]?.lists.length, 4);
});

test("a head reads all maps of an earlier one", () => {
  const tower = `{ "name": "tower", "from": ["p1", "p3"], "output": "none", "layers": [${conv(12)}] }`;
  const { heads } = parse(spec({ neck: NECK, heads: [tower, head("tower")] })).resolved;
  assert.equal(
    heads?.[1]?.levels.map(({ name, source, inputChannels }) => [name, source, inputChannels]),
    [
      ["p1", { head: "tower" }, 12],
      ["p3", { head: "tower" }, 12],
    ],
  );
  // One set of weights: one list of layers.
  assert.is(heads?.[1]?.lists.length, 1);
});

test("maps that there aren't are refused, with what is near", () => {
  assert.equal(says({ neck: [conv(16, `, "from": "c2", "as": "p3"`)], heads: [head(["p3"])] }), [
    `3:42 nothing reads "c1"`,
    `9:44 no map is named "c2"`,
  ]);
  assert.equal(says({ neck: NECK, heads: [head(["p1", "p33"])] }), [
    `9:42 nothing reads "p3"`,
    `13:34 no map is named "p33"`,
  ]);
  assert.equal(says({ neck: NECK, heads: [head(["p1", "p3", "C7"])] }), [
    `13:39 the network has no level C7: no map has the stride 128`,
  ]);
  assert.equal(
    says({
      neck: [conv(16, `, "from": "C7", "as": "p3"`)],
      heads: [head(["p3", "c1"], `, "share": "none"`)],
    }),
    [`9:44 the network has no level C7: no map has the stride 128`],
  );
  assert.equal(says({ neck: NECK, heads: [head(["p1", "p3"]), head("p33").replace("boxes", "more")] }), [
    `14:27 no map is named "p33"`,
  ]);
});

test("what nothing reads is refused", () => {
  assert.equal(says({ neck: [...NECK, conv(4)], heads: [head(["p1", "p3"])] }), [
    "11:1 nothing reads the result of the neck's last layer",
  ]);
  assert.equal(says({ neck: NECK, heads: [head(["p1", "p3"], `, "output": "none"`)] }), [
    `13:11 nothing reads "boxes"`,
  ]);
});

test("names that are taken are refused", () => {
  assert.equal(
    says({ neck: [conv(16, `, "as": "c1"`)], heads: [head(["c1"])] }).at(-1),
    `9:42 two maps are named "c1"`,
  );
  assert.equal(says({ neck: NECK, heads: [head(["p1", "p3"]), head(["p1"])] }), [
    `14:11 two maps are named "boxes"`,
  ]);
  assert.equal(says({ neck: NECK, heads: [head(["p1", "p1", "p3"])] }), [`13:34 "p1" stands twice`]);
});

test("maps of other channels can't share weights, and rows must be whole", () => {
  assert.equal(says({ neck: NECK, heads: [head(["p1", "p3", "C2", "c1"])] }), [
    "13:28 maps of 16, 16, 16, 8 channels can't share one set of weights",
  ]);
  assert.equal(says({ neck: NECK, heads: [head(["p1", "p3"], `, "output": { "values": 3 }`)] }), [
    "13:63 3 values must divide the 4 channels of the head's result",
  ]);
});

test("a list has maps, and a head stands alone", () => {
  const tower = `{ "name": "tower", "from": ["p1", "p3"], "layers": [${conv(12)}] }`;
  assert.equal(says({ neck: NECK, heads: [tower, head(["tower", "p1"])] }), [
    `14:29 "tower" is a head, whose results are read all together`,
  ]);
});

test("expressions know what enters, and gates are those that layers say", () => {
  const heads = [head(["p1", "p3"], "", [conv("in / 2"), conv("inputChannels"), conv("channels")])];
  assert.match(says({ neck: NECK, heads })[0] ?? "", /there is nothing named "channels"$/);
  assert.equal(
    says({ neck: [...NECK, `{ "layer": "attention", "as": "x" }`], heads: [head(["p1", "p3", "x"])] }),
    ["11:1 neck and heads belong to no stage, so no gate of a stage applies here"],
  );
  const gated = `{ "layer": "attention", "attention": "eca", "as": "x" }`;
  const nowhere = `{ "layer": "attention", "attention": { "type": "eca", "position": "post" } }`;
  assert.equal(says({ neck: [...NECK, gated], heads: [head(["p1", "p3", "x"], "", [nowhere])] }), [
    "14:122 a gate of a layer stands where the layer is, and has no position",
  ]);
});

test("blocks of the spec's own are layers, which say what their definition asks for", () => {
  const more = `,
"blocks": {
  "own": { "fields": { "width": {}, "wide": { "default": 1 } }, "layers": [{ "layer": "conv", "channels": "channels * width" }] }
}`;
  const saysOf = (block: string) =>
    says({
      neck: NECK,
      heads: [head(["p1", "p3"], "", [`{ "layer": "block", "block": "own"${block} }`])],
      more,
    });
  assert.equal(saysOf(`, "channels": 4, "fields": { "width": 2, "deep": 1 }`), [
    '13:135 "own" has no field "deep"',
  ]);
  assert.equal(saysOf(`, "channels": 4`), ['13:52 the field "width" of "own" is missing']);
  assert.equal(saysOf(`, "channels": 4, "fields": { "width": 1 }, "stride": 2`), [
    `13:139 the layers of "own" don't look at the layer's stride`,
  ]);
  assert.equal(saysOf(`, "channels": 4, "fields": { "width": 2 }`), [
    `13:100 the layers of "own" lead to 8 channels, not 4 (on the map "p1")`,
  ]);
  assert.match(
    saysOf(`, "fields": { "width": 2 }`)[0] ?? "",
    /the layer says no "channels" \(in the block \$\.heads\[0\]\.layers\[0\]\) \(on the map "p1"\)$/,
  );
  assert.equal(
    saysOf(
      `, "channels": 4, "fields": { "width": 1 }, "attention": { "type": "eca", "position": "identity" }`,
    ),
    [`13:171 this block has no place "identity" for a gate (on the map "p1")`],
  );
});

test("outputs have names of their own", () => {
  const more = `,\n"features": [{ "name": "boxes_p1", "from": "p1" }]`;
  assert.equal(says({ neck: NECK, heads: [head(["p1", "p3"])], more }), [
    `13:11 the name "boxes_p1" is taken`,
  ]);
});

test("levels are no names for stages and for layers of blocks", () => {
  const text = spec({ neck: NECK, heads: [head(["p1", "p3"])] });
  const wrong = text.replace(`"channels": 24,`, `"channels": 24, "from": "C1",`);
  assert.match(briefly(problems(wrong)).at(0) ?? "", /no map is named "C1"$/);
});

test.run();
