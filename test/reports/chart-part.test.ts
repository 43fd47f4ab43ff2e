import { suite } from "uvu";
import * as assert from "uvu/assert";
import { chartPart } from "../../src/reports/charts/chart-part.js";

const test = suite("reports: charts as parts of pages");

test("a name that looks like an attribute stays in the text, attributes of tags go", async () => {
  const name = 'x role="y"';
  const svg = await chartPart({
    data: { values: [{ name, n: 1 }] },
    mark: "bar",
    encoding: { x: { field: "n", type: "quantitative" }, y: { field: "name", type: "nominal" } },
  });
  const texts = [...svg.matchAll(/<text[^>]*>([^<]*)</g)].map(([, text]) => text);
  assert.ok(texts.some((text) => text?.replaceAll("&quot;", '"') === name));
  assert.not.match(svg, /<svg[^>]* version=/);
});

test.run();
