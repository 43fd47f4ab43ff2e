import { suite } from "uvu";
import * as assert from "uvu/assert";
import { briefly, parse, problems } from "./support.js";

const test = suite("spec: detection");

interface Parts {
  /** Channels of the heads of scores and boxes. */
  readonly scores?: number;
  readonly boxes?: number;
  readonly output?: string;
  readonly detection?: Readonly<Record<string, unknown>>;
  readonly more?: string;
}

/** A spec of two maps with three anchors for each pixel; `detection` stands on line 9. */
function spec({
  scores = 12,
  boxes = 12,
  output = `{ "values": 4 }`,
  detection = {},
  more = "",
}: Parts): string {
  const head = (name: string, channels: number, from: string): string =>
    `{ "name": "${name}", "from": ${from}, "output": ${output}, "layers": [{ "layer": "conv", "channels": ${channels} }] }`;
  const own = { scores: "classes", boxes: "moves", anchors: { sizes: [[16], [32]] }, ...detection };
  return `{ "stem": { "channels": 8 },
"stages": [
{ "block": "basic", "channels": 8, "as": "c1" },
{ "block": "basic", "channels": 8, "stride": 2, "as": "c2" }
],
"heads": [
${head("classes", scores, `["c1", "c2"]`)},
${head("moves", boxes, `["c1", "c2"]`)}],
"detection": ${JSON.stringify(own)},
"head": { "classifier": false }${more}
}`;
}

const says = (parts: Parts): readonly string[] => briefly(problems(spec(parts)));
/** Refuses a spec in which something is wrong. */
const accept = (parts: Parts): unknown => parse(spec(parts));
const regions = (more: Readonly<Record<string, unknown>> = {}): Parts => ({
  scores: 3,
  output: `{ "values": 1 }`,
  detection: { regions: { from: ["c1", "c2"], classes: 5, ...more } },
});

test("defaults are those of torchvision", () => {
  const { detection } = parse(spec(regions({ mask: {} }))).resolved;
  assert.is(detection?.candidates, 1000);
  assert.is(detection?.scoreThreshold, 0.05);
  assert.is(detection?.nmsThreshold, 0.5);
  assert.equal(detection?.regions?.proposals, { count: 1000, nmsThreshold: 0.7 });
  assert.equal(detection?.regions?.box, {
    size: 7,
    samples: 2,
    hidden: [1024, 1024],
    channels: [],
    normalized: false,
  });
  assert.equal(detection?.regions?.mask, {
    size: 14,
    samples: 2,
    channels: [256, 256, 256, 256],
    hidden: 256,
    normalized: false,
  });
  assert.equal(
    detection?.regions?.maps.map(({ name, stride }) => [name, stride]),
    [
      ["c1", 2],
      ["c2", 4],
    ],
  );
});

test("heads that are not there, and maps that are not, are named", () => {
  assert.equal(says({ detection: { scores: "class" } }), [`9:24 there is no head "class"`]);
  assert.equal(says(regions({ from: ["c1", "c3"] })).length, 1);
  assert.match(says(regions({ from: ["c1", "c3"] }))[0] ?? "", `no map is named "c3"`);
});

test("a head has the channels that its anchors ask for", () => {
  assert.match(
    says({ boxes: 9, output: `"maps"` })[0] ?? "",
    "moves has 9 channels on c1, which has 3 anchors for each pixel",
  );
  assert.match(
    says({ scores: 8, output: `"maps"` })[0] ?? "",
    "classes has 8 channels on c1, which has 3 anchors for each pixel",
  );
  assert.match(says({ ...regions(), scores: 6, output: `"maps"` })[0] ?? "", "classes has 6 channels on c1");
  const uneven = { anchors: { sizes: [[16], [32, 64]] } };
  assert.ok(
    says({ scores: 12, detection: uneven }).some((each) => each.includes("moves has 12 channels on c2")),
  );
  assert.match(says({ detection: { anchors: { sizes: [[16]] } } })[0] ?? "", "1 lists of sizes for 2 maps");
});

test("a decoder has anchors where it needs them, and the numbers of a box", () => {
  const first = (parts: Parts): string => says(parts)[0] ?? "";
  const none = { anchors: undefined };
  assert.match(first({ detection: none }), "with the decoder offsets, and there are none");
  assert.match(first({ detection: { ...none, decoder: "cells" } }), "with the decoder cells, and");
  assert.match(first({ detection: { decoder: "distances" } }), "the decoder distances has no anchors");
  const distances = { ...none, decoder: { type: "distances", bins: 16 } };
  assert.match(
    first({ detection: distances }),
    "moves has 12 channels on c1, which has one box for each pixel",
  );
  accept({ boxes: 64, detection: distances });
  accept({ boxes: 4, detection: { ...none, decoder: "distances" } });
  const cells = { type: "cells", reach: [1, 2, 3] };
  assert.match(first({ detection: { decoder: cells } }), "there are 3 numbers for 2 maps");
  assert.match(first({ detection: { decoder: "boxes" } }), 'expected "offsets", "cells", "distances" or');
  assert.match(first({ detection: { decoder: { type: "cell" } } }), "cell");
});

test("anchors are sizes in ratios, or shapes", () => {
  const shapes = [[[8, 9]], [[16, 12]]];
  const anchored = (anchors: Readonly<Record<string, unknown>>, boxes: number): readonly string[] =>
    says({ boxes, detection: { anchors } });
  accept({ boxes: 4, detection: { anchors: { shapes } } });
  assert.match(anchored({ shapes }, 12)[0] ?? "", "moves has 12 channels on c1, which has one anchor");
  assert.match(anchored({ shapes: [[[8, 9]]] }, 4)[0] ?? "", "1 lists of shapes for 2 maps");
  for (const both of [{ shapes, sizes: [[8], [9]] }, { shapes, ratios: [1] }, { ratios: [1] }, {}])
    assert.match(anchored(both, 4)[0] ?? "", "anchors have either `sizes`, with `ratios`, or `shapes`");
});

test("parts of heads have the numbers that are asked for", () => {
  const rows = (detection: Readonly<Record<string, unknown>>): readonly string[] =>
    says({ scores: 27, output: `"maps"`, detection });
  const part = (start: number, end: number) => ({ head: "classes", start, end });
  const parts = { boxes: part(0, 4), confidence: { of: part(4, 5) }, scores: part(5, 9) };
  // The head that nothing reads is an output.
  accept({ scores: 27, output: `"maps"`, detection: parts });
  assert.match(rows({ ...parts, boxes: part(0, 3) })[0] ?? "", "it has 3 numbers for an anchor");
  assert.match(rows({ ...parts, confidence: { of: part(4, 6) } })[0] ?? "", "it has 2 numbers");
  assert.match(rows({ ...parts, scores: part(5, 10) })[0] ?? "", "classes has 27 channels on c1");
  assert.match(rows({ ...parts, scores: part(5, 5) })[0] ?? "", "nothing is from 5 to before 5");
  assert.match(rows({ ...parts, boxes: { ...part(0, 4), head: "row" } })[0] ?? "", 'no head "row"');
  assert.match(rows({ ...parts, confidence: { of: "moves" } })[0] ?? "", "moves has 12 channels on c1");
  const labels = `, "labels": ["a", "b", "c"]`;
  const named = says({ scores: 27, output: `"maps"`, detection: parts, more: labels });
  assert.match(named[0] ?? "", "there are 3 labels for 4 classes");
});

test("boxes of regions are cut off before", () => {
  const late = regions();
  const detection = { ...late.detection, clip: "after-nms" };
  assert.match(says({ ...late, detection })[0] ?? "", "regions are cut out of the image");
  accept({ detection: { clip: "after-nms" } });
});

test("regions are cut out of maps of which each has twice the stride of the one before", () => {
  assert.match(says(regions({ from: ["c2", "c1"] }))[0] ?? "", "c1 has the stride 2, after 4 of c2");
  assert.is(parse(spec(regions({ from: ["c2"] }))).resolved.detection?.regions?.maps.length, 1);
});

test("raw outputs are what the heads say, which must be outputs", () => {
  const raw = { outputs: "raw" };
  assert.match(says({ output: `"none"`, detection: raw })[0] ?? "", "classes is not an output");
  assert.is(parse(spec({ output: `"none"` })).resolved.detection?.outputs, "detections");
});

test("labels are those of the classes, and names of outputs are taken", () => {
  assert.match(says({ more: `, "labels": ["a"]` })[0] ?? "", "there are 1 labels for 4 classes");
  assert.match(
    says({ ...regions(), more: `, "labels": ["a"]` })[0] ?? "",
    "there are 1 labels for 5 classes",
  );
  assert.is(says({ scores: 8, output: `"maps"`, more: `, "labels": ["a"]` }).length, 1);
  const feature = `, "features": [{ "name": "labels", "stage": 0 }]`;
  assert.match(says({ more: feature })[0] ?? "", `the name "labels" is taken`);
});

test.run();
