import { shows, unfolded } from "../../base/visible-text.js";
import { capitalized, wordsOf } from "../names.js";

/** An expression of Python, as far as generated modules have them. */
export type Python =
  | { readonly kind: "literal"; readonly value: Literal }
  | { readonly kind: "name"; readonly name: string }
  | {
      readonly kind: "call";
      readonly name: string;
      readonly items: readonly Python[];
      readonly words: readonly Word[];
    }
  | { readonly kind: "list"; readonly items: readonly Python[]; readonly notes?: readonly string[] }
  | { readonly kind: "map"; readonly entries: readonly Word[] };

type Word = readonly [word: string, value: Python];

/** Data: objects become `dict(word=value)`, so their keys are identifiers; undefined ones are left out. */
export type Literal =
  | string
  | number
  | boolean
  | undefined
  | readonly Literal[]
  | { readonly [word: string]: Literal };

export function literal(value: Literal): Python {
  return { kind: "literal", value };
}

export function name(identifier: string): Python {
  return { kind: "name", name: identifier };
}

/** An expression that is text already, made by the functions below. */
export function verbatim(text: string): Python {
  return { kind: "name", name: text };
}

export function call(
  callee: string,
  items: readonly Python[],
  words: Readonly<Record<string, Python | undefined>> = {},
): Python {
  const given = Object.entries(words).filter((word): word is [string, Python] => word[1] !== undefined);
  return { kind: "call", name: callee, items, words: given };
}

export function list(items: readonly Python[], notes?: readonly string[]): Python {
  return { kind: "list", items, ...(notes === undefined ? {} : { notes }) };
}

/** `{"key": value}` */
export function map(entries: readonly Word[]): Python {
  return { kind: "map", entries };
}

const WIDTH = 116;
const STEP = "    ";

/** The expression's text; what is too long for one line is broken, one item per line. `used`: columns before it. */
export function printPython(python: Python, indent = "", used = indent.length): string {
  const { open, close, parts, notes } = partsOf(python);
  if (parts === undefined) return open;
  const flat = open + parts.map(({ label, value }) => label + printFlat(value)).join(", ") + close;
  if (notes === undefined && used + flat.length <= WIDTH) return flat;
  if (parts.length === 0) return flat;
  const inner = indent + STEP;
  if (open === "dict(") {
    const texts = parts.map(
      ({ label, value }) => `${label}${printPython(value, inner, inner.length + label.length + 1)},`,
    );
    return `${open}\n${packed(texts, inner)}${indent}${close}`;
  }
  const lines = parts.map(({ label, value }, i) => {
    const note = notes?.[i] === undefined ? "" : `${inner}# ${notes[i]}\n`;
    return `${note}${inner}${label}${printPython(value, inner, inner.length + label.length + 1)},\n`;
  });
  return `${open}\n${lines.join("")}${indent}${close}`;
}

/** As many texts to a line as it has room for: rows of tables stay short. */
export function packed(texts: readonly string[], indent: string): string {
  const lines: string[] = [];
  for (const text of texts) {
    const last = lines.at(-1);
    if (last !== undefined && indent.length + last.length + 1 + text.length <= WIDTH)
      lines[lines.length - 1] = `${last} ${text}`;
    else lines.push(text);
  }
  return lines.map((line) => `${indent}${line}\n`).join("");
}

function printFlat(python: Python): string {
  const { open, close, parts } = partsOf(python);
  return parts === undefined
    ? open
    : open + parts.map(({ label, value }) => label + printFlat(value)).join(", ") + close;
}

interface Parts {
  readonly open: string;
  readonly close: string;
  readonly parts?: readonly { readonly label: string; readonly value: Python }[];
  readonly notes?: readonly string[] | undefined;
}

function partsOf(python: Python): Parts {
  switch (python.kind) {
    case "name":
      return { open: python.name, close: "" };
    case "literal":
      return partsOfLiteral(python.value);
    case "call":
      return {
        open: `${python.name}(`,
        close: ")",
        parts: [
          ...python.items.map(plain),
          ...python.words.map(([word, value]) => labelled(`${word}=`, value)),
        ],
      };
    case "list":
      return { open: "[", close: "]", parts: python.items.map(plain), notes: python.notes };
    case "map":
      return {
        open: "{",
        close: "}",
        parts: python.entries.map(([key, value]) => labelled(`${pythonString(key)}: `, value)),
      };
  }
}

function partsOfLiteral(value: Literal): Parts {
  if (value === undefined) return { open: "None", close: "" };
  if (typeof value === "boolean") return { open: value ? "True" : "False", close: "" };
  if (typeof value === "number") return { open: pythonNumber(value), close: "" };
  if (typeof value === "string") return { open: pythonString(value), close: "" };
  if (Array.isArray(value)) {
    return {
      open: "[",
      close: "]",
      parts: (value as readonly Literal[]).map((each) => plain(literal(each))),
    };
  }
  const words = Object.entries(value).filter(([, each]) => each !== undefined);
  return {
    open: "dict(",
    close: ")",
    parts: words.map(([word, each]) => labelled(`${identifier(word)}=`, literal(each))),
  };
}

function plain(value: Python): { readonly label: string; readonly value: Python } {
  return { label: "", value };
}

function labelled(label: string, value: Python): { readonly label: string; readonly value: Python } {
  return { label, value };
}

/** A number that reads back as the same double. Python has no literal for infinities and NaN, and no network has them. */
export function pythonNumber(value: number): string {
  if (!Number.isFinite(value)) throw new RangeError(`${value} has no literal in Python`);
  return Object.is(value, -0) ? "-0.0" : String(value);
}

/** Any text as a string literal that holds exactly it. */
export function pythonString(text: string): string {
  return `"${[...text].map((each) => (shows().test(each) && each !== '"' && each !== "\\" ? each : escaped(each))).join("")}"`;
}

function escaped(character: string): string {
  if (character === '"' || character === "\\") return `\\${character}`;
  const code = character.codePointAt(0) ?? 0;
  const hex = code.toString(16);
  if (code <= 0xff) return `\\x${hex.padStart(2, "0")}`;
  return code <= 0xffff ? `\\u${hex.padStart(4, "0")}` : `\\U${hex.padStart(8, "0")}`;
}

/** Any text as one line for a comment or a docstring: nothing in it ends either. */
export function pythonRemark(text: string): string {
  return unfolded(text).replaceAll("\\", "/").replaceAll('"', "'");
}

const KEYWORDS = new Set(
  "False None True and as assert async await break class continue def del elif else except finally for from global if import in is lambda nonlocal not or pass raise return try while with yield".split(
    " ",
  ),
);

/** Any text as an identifier; not every text has one of its own. */
export function identifier(text: string): string {
  const word = text.replaceAll(/[^A-Za-z0-9_]/g, "_");
  return word === "" || /^[0-9]/.test(word) || KEYWORDS.has(word) ? `_${word}` : word;
}

/** Any text as the name of a class: `sk-basic` is `SkBasic`. */
export function className(text: string): string {
  return identifier(wordsOf(text).map(capitalized).join(""));
}
