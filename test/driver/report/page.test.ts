import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Page } from "../../../src/reports/page/page.js";
import { pageHtml } from "../../../src/reports/page/render.js";

const test = suite("reports: pages");

const HOSTILE = `<script>alert(1)</script>"'&\u202e\u0000`;

/** A page with every kind of part, with the same text everywhere. */
function pageOf(text: string): Page {
  return {
    title: text,
    lead: text,
    sections: [
      {
        id: "one",
        title: text,
        parts: [
          { kind: "text", text },
          { kind: "heading", text },
          { kind: "figures", figures: [{ name: text, text, note: text }] },
          {
            kind: "table",
            caption: text,
            interactive: true,
            table: {
              groups: [{ title: text, span: 2 }],
              head: [text, `${text} 2`],
              rows: [
                {
                  cells: [
                    { cell: text, link: `#${text}` },
                    { value: 1, text },
                  ],
                  differs: true,
                },
                {
                  cells: [
                    { cell: "", gates: [{ kind: text, text }] },
                    { cell: text, mark: "added" },
                  ],
                },
              ],
              foot: [{ cells: [text, text] }],
            },
          },
          { kind: "picture", form: "chart", svg: "<svg></svg>", label: text, caption: text },
          { kind: "unfolding", summary: text, note: text, gates: [{ kind: text, text }], parts: [] },
          { kind: "beside", columns: [[{ kind: "text", text }]] },
        ],
      },
    ],
  };
}

test("no text is markup, and what nobody sees is seen", () => {
  const [harmless, hostile] = [pageHtml(pageOf("x")), pageHtml(pageOf(HOSTILE))];
  const tags = (html: string): number => html.match(/<[a-z/!]/g)?.length ?? 0;
  assert.is(tags(hostile), tags(harmless));
  assert.not.ok(/\p{Cf}/u.test(hostile) || hostile.includes("\0"));
  assert.ok(hostile.includes("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;\\u{202e}\\u{0}"));
});

test("the same page is the same bytes", () => assert.is(pageHtml(pageOf("x")), pageHtml(pageOf("x"))));

test("numbers are sorted by their values, and stand to the right", () => {
  const html = pageHtml({
    title: "t",
    sections: [
      {
        id: "s",
        title: "s",
        parts: [
          {
            kind: "table",
            caption: "c",
            table: { head: ["name", "n"], rows: [{ cells: ["a", { value: 1.5e6, text: "1.5 M" }] }] },
          },
        ],
      },
    ],
  });
  assert.match(html, '<th scope="col" class="n">n</th>');
  assert.match(html, '<td class="n" data-value="1500000">1.5 M</td>');
});

test.run();
