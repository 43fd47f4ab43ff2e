import { rightColumns, textOfCell } from "../../base/table.js";
import { packagedText } from "../../files/packaged-text.js";
import { colourRules, gateClass } from "../colours.js";
import { element, type Html, joined } from "./html.js";
import type {
  MarkedCell,
  Page,
  PageCell,
  PagePart,
  PageRow,
  PageSection,
  PageTable,
  PicturePart,
  TablePart,
  UnfoldingPart,
} from "./page.js";
import { plainCell, plainTable } from "./page.js";

/** What a page may load: nothing but what is in it. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'";

/**
 * A page in one file that asks for nothing: style and script are in it, and it can be read without the script, which only sorts, filters and
 * unfolds what is linked. The same data makes the same bytes.
 */
export function pageHtml({ title, lead, sections }: Page): string {
  const head = joined([
    element("meta", { charset: "utf-8" }),
    element("meta", { name: "viewport", content: "width=device-width, initial-scale=1" }),
    element("meta", { "http-equiv": "Content-Security-Policy", content: POLICY }),
    element("meta", { name: "color-scheme", content: "light dark" }),
    element("title", {}, title),
    { html: `<style>${packagedText("templates/report/page.css")}${colourRules()}</style>` },
  ]);
  const links = sections.map(({ id, title }) => element("li", {}, element("a", { href: `#${id}` }, title)));
  const body = joined([
    element("a", { class: "skip", href: "#content" }, "To the content"),
    element(
      "header",
      {},
      element("h1", {}, title),
      ...(lead === undefined ? [] : [element("p", { class: "lead" }, lead)]),
      element("nav", { "aria-label": "Sections" }, element("ul", {}, ...links)),
    ),
    element("main", { id: "content", tabindex: -1 }, ...sections.map(sectionHtml)),
    { html: `<script>${packagedText("templates/report/page.js")}</script>` },
  ]);
  return `<!doctype html>\n${element("html", { lang: "en" }, element("head", {}, head), element("body", {}, body)).html}\n`;
}

function sectionHtml({ id, title, parts }: PageSection): Html {
  return element(
    "section",
    { id, "aria-labelledby": `${id}-title` },
    element("h2", { id: `${id}-title` }, title),
    ...parts.map(partHtml),
  );
}

function partHtml(part: PagePart): Html {
  switch (part.kind) {
    case "text":
      return element("p", {}, part.text);
    case "heading":
      return element("h3", {}, part.text);
    case "figures":
      return element(
        "dl",
        { class: "figures" },
        ...part.figures.map(({ name, text, note }) =>
          element(
            "div",
            {},
            element("dt", {}, name),
            element("dd", {}, text, ...(note === undefined ? [] : [element("small", {}, note)])),
          ),
        ),
      );
    case "table":
      return tableHtml(part);
    case "picture":
      return pictureHtml(part);
    case "unfolding":
      return unfoldingHtml(part);
    case "beside":
      return element(
        "div",
        { class: "beside" },
        ...part.columns.map((parts) => element("div", {}, ...parts.map(partHtml))),
      );
  }
}

function pictureHtml({ svg, label, caption, form }: PicturePart): Html {
  const isLinked = form === "linked-graph";
  // Links are not found in what a screen reader takes for one image.
  const role = isLinked ? "group" : "img";
  const classes = ["picture", form === "chart" ? "chart" : "graph", ...(isLinked ? ["tall"] : [])];
  const picture = element("div", { class: classes.join(" "), role, "aria-label": label }, { html: svg });
  return element(
    "figure",
    {},
    ...(caption === undefined ? [] : [element("figcaption", {}, caption)]),
    picture,
  );
}

function unfoldingHtml({ summary, gates, note, id, open, parts }: UnfoldingPart): Html {
  return element(
    "details",
    { id, open: open === true },
    element(
      "summary",
      {},
      element("span", { class: "name" }, summary),
      ...(gates ?? []).map(gateHtml),
      ...(note === undefined ? [] : [element("span", { class: "note" }, note)]),
    ),
    ...parts.map(partHtml),
  );
}

function tableHtml({ table, caption, interactive }: TablePart): Html {
  const { groups, head, short = head, rows, foot = [] } = table;
  const right = new Set(rightColumns(plainTable(table)));
  const isNumber = head.map((name) => right.has(name));
  const names = element(
    "tr",
    {},
    ...short.map((name, i) => element("th", { scope: "col", class: isNumber[i] ? "n" : undefined }, name)),
  );
  const over =
    groups === undefined
      ? []
      : [
          element(
            "tr",
            { class: "groups" },
            ...groups.map(({ title, span }) =>
              title === ""
                ? element("td", { colspan: span })
                : element("th", { scope: "colgroup", colspan: span }, title),
            ),
          ),
        ];
  const row = (each: PageRow): Html => rowHtml(each, isNumber, starts(table));
  return element(
    "div",
    {
      class: interactive === true ? "table interactive" : "table",
      role: "region",
      "aria-label": caption,
      tabindex: 0,
    },
    element(
      "table",
      {},
      element("caption", {}, caption),
      element("thead", {}, ...over, names),
      element("tbody", {}, ...rows.map(row)),
      ...(foot.length === 0 ? [] : [element("tfoot", {}, ...foot.map(row))]),
    ),
  );
}

/** The columns that a group of several begins with. */
function starts({ groups = [] }: PageTable): ReadonlySet<number> {
  let at = 0;
  const found = new Set<number>();
  for (const { span } of groups) {
    if (at > 0) found.add(at);
    at += span;
  }
  return found;
}

function rowHtml(
  { cells, differs }: PageRow,
  isNumber: readonly boolean[],
  starts: ReadonlySet<number>,
): Html {
  const texts = cells.map((cell, i) => {
    const { mark } = marksOf(cell);
    const classes = [isNumber[i] ? "n" : "", mark ?? "", starts.has(i) ? "start" : ""].filter(
      (each) => each !== "",
    );
    const plain = plainCell(cell);
    const text = textOfCell(plain);
    // What a number is sorted by, where its text has a unit.
    const value = typeof plain === "object" && text !== String(plain.value) ? plain.value : undefined;
    return element(
      i === 0 ? "th" : "td",
      { scope: i === 0 ? "row" : undefined, class: classes.join(" ") || undefined, "data-value": value },
      ...(i === 0 && differs === true
        ? [element("span", { class: "sign", title: "differs" }, "≠"), " "]
        : []),
      cellHtml(cell, text),
    );
  });
  return element("tr", { class: differs === true ? "differs" : undefined }, ...texts);
}

function cellHtml(cell: PageCell, text: string): Html {
  const { gates, link, mark } = marksOf(cell);
  const sign = mark === undefined ? [] : [element("span", { class: "sign", title: mark }, SIGNS[mark])];
  const shown = gates === undefined ? [text] : gates.map(gateHtml);
  const content = joined([...sign, ...shown]);
  return link === undefined ? content : element("a", { href: link }, content);
}

const SIGNS = { changed: "≠", added: "+", removed: "−" } as const;

function marksOf(cell: PageCell): Omit<MarkedCell, "cell"> {
  return typeof cell === "object" && "cell" in cell ? cell : {};
}

function gateHtml({ kind, text }: { readonly kind: string; readonly text: string }): Html {
  return element("span", { class: `gate ${gateClass(kind)}` }, text);
}
