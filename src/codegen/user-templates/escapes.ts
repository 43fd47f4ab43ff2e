import { shows } from "../../base/visible-text.js";

/**
 * How a `{{tag}}` is written in files of one kind, so that no text of a spec ends the literal or the comment that it stands
 * in. Numbers need none of it.
 */
interface Escape {
  /** Endings of files, without the dot. */
  readonly endings: readonly string[];
  /** What is done, for docs/templates.md. */
  readonly doc: string;
  readonly write: (text: string) => string;
}

const LOST = "\ufffd";

/** Signs that end a string, a template, a comment or a line of some language, or begin something inside of it. */
const ENDS_LITERALS = /["'`\\$<>&?]/;

export const ESCAPES: readonly Escape[] = [
  {
    endings: ["html", "htm", "xhtml", "xml", "svg"],
    doc: "character references (`&#34;`) for markup characters and quotes",
    write: (text) => each(text, (sign) => (/[<>&"'`=]/.test(sign) ? reference(sign) : undefined), reference),
  },
  {
    endings: ["md", "markdown"],
    doc: "as in HTML, also for Markdown's special characters; line breaks become spaces",
    write: (text) =>
      each(oneLine(text), (sign) => (/[<>&"'`|[\]*\\!#~]/.test(sign) ? reference(sign) : undefined)),
  },
  {
    endings: "json jsonc js mjs cjs jsx ts mts cts tsx cs kt kts dart yaml yml toml".split(" "),
    doc: "`\\u0022` for quotes, backslashes, `$`, `<`, `>`, `&`, `?` and invisible characters, for strings in double quotes",
    write: (text) => inLiteral(text, (sign) => `\\u${hex(sign).padStart(4, "0")}`),
  },
  {
    endings: "c h cc hh cpp hpp cxx hxx ino m mm cu cuh cl java go py pyi proto".split(" "),
    doc: "the same as octal `\\042`, `\\u202e` beyond ASCII",
    write: (text) =>
      inLiteral(text, (sign) => {
        const code = sign.charCodeAt(0);
        if (code < 0x80) return `\\${code.toString(8).padStart(3, "0")}`;
        return code < 0xa0 ? LOST : `\\u${hex(sign).padStart(4, "0")}`;
      }),
  },
  {
    endings: ["rs", "swift"],
    doc: "the same as `\\u{22}`",
    write: (text) => inLiteral(text, (sign) => `\\u{${hex(sign)}}`),
  },
  {
    endings: ["csv", "tsv"],
    doc: "quotes are doubled, for quoted fields; line breaks become spaces",
    write: (text) => each(oneLine(text), (sign) => (sign === '"' ? '""' : undefined)),
  },
  {
    endings: ["txt"],
    doc: "one line, without invisible characters",
    write: (text) => each(oneLine(text), () => undefined),
  },
];

/** The escape for a file; undefined where ecagen knows none, so that only numbers and words are safe. */
export function escapeFor(path: string): ((text: string) => string) | undefined {
  const ending = /\.([^./]+)$/.exec(path)?.[1]?.toLowerCase() ?? "";
  return ESCAPES.find(({ endings }) => endings.includes(ending))?.write;
}

/** A text as a part of a file's name: it can't add a folder, nor be one of its own. */
export function escapeForFileName(text: string): string {
  return text.replaceAll(/[^\p{L}\p{M}\p{N}._ -]/gu, "-");
}

function each(
  text: string,
  change: (sign: string) => string | undefined,
  hidden: (sign: string) => string = () => LOST,
): string {
  return [...text].map((sign) => change(sign) ?? (shows().test(sign) ? sign : hidden(sign))).join("");
}

function inLiteral(text: string, written: (sign: string) => string): string {
  // A comment ends, or begins, where a star and a slash meet, be one of them the template's.
  const signs = [...text];
  const meets = (i: number): boolean => [signs[i - 1] ?? "*", signs[i + 1] ?? "*"].includes("*");
  return signs
    .map((sign, i) => {
      if (sign.length > 1) return shows().test(sign) ? sign : LOST;
      const ends = ENDS_LITERALS.test(sign) || (sign === "/" && meets(i));
      const starEnds = sign === "*" && (i === 0 || i === signs.length - 1);
      return ends || starEnds || !shows().test(sign) ? written(sign) : sign;
    })
    .join("");
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim();
}

function reference(sign: string): string {
  return `&#${sign.codePointAt(0)};`;
}

function hex(sign: string): string {
  return sign.charCodeAt(0).toString(16);
}
