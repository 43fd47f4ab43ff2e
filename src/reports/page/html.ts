import { oneVisibleLine } from "../../base/visible-text.js";

/** A piece of a page. A text becomes one by `textHtml` alone, so none is taken for markup. */
export interface Html {
  readonly html: string;
}

/** An attribute of an element; undefined and false are left out, true is a name alone. */
type Attribute = string | number | boolean | undefined;

/** An element with attributes and what is in it. */
export function element(
  name: string,
  attributes: Readonly<Record<string, Attribute>>,
  ...children: readonly (Html | string)[]
): Html {
  const given = Object.entries(attributes).flatMap(([key, value]) => {
    if (value === undefined || value === false) return [];
    return value === true ? [` ${key}`] : [` ${key}="${escaped(String(value))}"`];
  });
  const opening = `<${name}${given.join("")}>`;
  return { html: VOID.has(name) ? opening : `${opening}${joined(children).html}</${name}>` };
}

const VOID: ReadonlySet<string> = new Set(["meta", "link", "br", "col"]);

/** Pieces in a row; texts among them are escaped. */
export function joined(parts: readonly (Html | string)[]): Html {
  return { html: parts.map((part) => (typeof part === "string" ? escaped(part) : part.html)).join("") };
}

/** Any text: what a browser would take for markup is escaped, what nobody sees is made visible. */
function escaped(text: string): string {
  return oneVisibleLine(text)
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}
