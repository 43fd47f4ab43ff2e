import Mustache from "mustache";
import type { Diagnostic } from "../../base/diagnostic.js";
import type { SourceText } from "../../base/source.js";

/**
 * A piece of a template: text, a tag, or a section with the pieces in it. `start` and `end` are places in the source.
 *
 *     name {{a}}   & {{{a}}}   # {{#a}}   ^ {{^a}}   > {{> a}}   ! comment   = other delimiters   text
 */
export interface Piece {
  readonly kind: "name" | "&" | "#" | "^" | ">" | "!" | "=" | "text";
  readonly value: string;
  readonly start: number;
  readonly end: number;
  readonly inner: readonly Piece[];
}

/** A template in pieces, or what is wrong with it: mustache stops at the first mistake. */
export function parseTemplate(source: SourceText): readonly Piece[] | Diagnostic {
  try {
    return piecesOf(new Mustache.Writer().parse(source.text) as unknown as readonly Token[]);
  } catch (error) {
    const [, what = (error as Error).message, offset = "0"] =
      /^(.*) at (\d+)$/s.exec((error as Error).message) ?? [];
    const range = { source, offset: Math.min(Number(offset), source.text.length), length: 2 };
    return { code: "templates/syntax", message: inWords(what), range };
  }
}

type Token = readonly [Piece["kind"], string, number, number, (readonly Token[] | string)?];

function piecesOf(tokens: readonly Token[]): readonly Piece[] {
  return tokens.map(([kind, value, start, end, inner]) => ({
    kind,
    value,
    start,
    end,
    inner: Array.isArray(inner) ? piecesOf(inner as readonly Token[]) : [],
  }));
}

/** Mustache's messages are few. */
function inWords(message: string): string {
  const section = /"(.*)"/s.exec(message)?.[1] ?? "";
  if (message.startsWith("Unclosed section")) return `the section {{#${section}}} is not closed here`;
  if (message.startsWith("Unopened section")) return `there is no section that {{/${section}}} could close`;
  if (message.startsWith("Unclosed tag")) return "a tag is not closed";
  return message;
}
