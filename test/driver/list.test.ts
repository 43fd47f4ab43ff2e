import { existsSync, readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { InputError } from "../../src/base/diagnostic.js";
import { galleryIndexText } from "../../src/driver/list/gallery-index.js";
import { GALLERY_INDEX, listSpecs } from "../../src/driver/list/list.js";
import { shippedSpecs } from "../../src/files/spec-files.js";
import { throwsError } from "../throws.js";

const test = suite("driver: list");

const names = (...args: Parameters<typeof listSpecs>): readonly string[] =>
  listSpecs(...args).map(({ name }) => name);

test("the committed index is what the specs make", () => {
  assert.is(readFileSync(GALLERY_INDEX, "utf8").replaceAll("\r\n", "\n"), galleryIndexText());
});

test("every spec that ships, with its file", () => {
  const specs = listSpecs();
  assert.is(specs.length, shippedSpecs().length);
  assert.ok(specs.every(({ file }) => existsSync(file)));
});

test("families stand together, their specs in natural order", () => {
  const families = listSpecs().map(({ family }) => family);
  const changes = families.filter((family, i) => family !== families[i - 1]);
  assert.is(changes.length, new Set(families).size);
  assert.equal(
    names({ text: "tf-efficientnetv2-b" }).filter((name) => !/-(eca|none)$/.test(name)),
    ["tf-efficientnetv2-b0", "tf-efficientnetv2-b1", "tf-efficientnetv2-b2", "tf-efficientnetv2-b3"],
  );
});

test("by text in name, family, description or file, in any case", () => {
  assert.equal(names({ text: "l2-" }).slice(0, 3), [
    "efficientnet-l2-eca",
    "efficientnet-l2-none",
    "efficientnet-l2",
  ]);
  assert.ok(names({ text: "wide resnet" }).includes("cifar-wrn-16-8"), "description");
  assert.ok(names({ text: "MNASNET" }).includes("mnasnet-a1-100"));
  assert.equal(names({ text: "no such network" }), []);
});

test("by the kind of gate that the network has after its own passes", () => {
  const eca = names({ attention: "eca" });
  assert.ok(eca.includes("efficientnet-b0-eca") && eca.includes("eca-resnet50") && eca.includes("small"));
  assert.not(eca.includes("efficientnet-b0"));
  const none = names({ attention: "none" });
  assert.ok(none.includes("efficientnet-b0-none") && none.includes("resnet50"));
  assert.not(none.includes("small"));
  throwsError(() => names({ attention: "sse" }), InputError, /no spec has attention of the kind "sse"/, {
    code: "list/attention",
  });
  assert.equal(names({ attention: "se", text: "mobilenetv3-small-100" }), ["mobilenetv3-small-100"]);
});

test.run();
