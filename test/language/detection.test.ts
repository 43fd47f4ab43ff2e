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
