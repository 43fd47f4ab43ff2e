import type * as z from "zod";
import type { Diagnostic } from "../../base/diagnostic.js";
import type { DiagnosticCode } from "../../base/diagnostic-codes/registry.js";
import type { SourceText } from "../../base/source.js";
import { didYouMean } from "../../base/suggest.js";
import { templateDataJsonSchema } from "./data-schema.js";
import { type Piece, parseTemplate } from "./syntax.js";

type Schema = z.core.JSONSchema.BaseSchema;

/** What a tag finds: an object's keys, a list's items, or a value; `free` for text of a spec's author. */
type Node =
  | { readonly kind: "object"; readonly keys: ReadonlyMap<string, Schema> }
  | { readonly kind: "list"; readonly items: Schema }
  | { readonly kind: "value"; readonly free: boolean; readonly truth: boolean };

export interface Checked {
  readonly source: SourceText;
  /** Whether the file that comes of it has an escape; without one, text of any characters is refused. */
  readonly escaped: boolean;
}

/**
 * Holds the tags of templates against what the data can have, in every section and whether or not this network enters it.
 * Collects what is wrong: names that are not there, objects where a value belongs, parts that are missing.
 */
export class TagChecker {
  readonly diagnostics: Diagnostic[] = [];
  readonly #root = templateDataJsonSchema();
  readonly #partials: ReadonlyMap<string, SourceText>;

  constructor(partials: ReadonlyMap<string, SourceText>) {
    this.#partials = partials;
  }

  /** Checks one template; what is wrong with its form is among the diagnostics too. */
  check(template: Checked): void {
    this.#checkSource(template, [this.#node(this.#root)], []);
  }

  #checkSource(template: Checked, scopes: readonly Node[], including: readonly string[]): void {
    const pieces = parseTemplate(template.source);
    if (Array.isArray(pieces)) this.#checkPieces(pieces, template, scopes, including);
    else this.#report(pieces as Diagnostic);
  }

  #checkPieces(
    pieces: readonly Piece[],
    template: Checked,
    scopes: readonly Node[],
    including: readonly string[],
  ): void {
    for (const piece of pieces) {
      if (piece.kind === "text" || piece.kind === "!" || piece.kind === "=") continue;
      if (piece.kind === ">") {
        this.#checkPartial(piece, template, scopes, including);
        continue;
      }
      const found = this.#find(piece.value, scopes);
      if (found === undefined) this.#reportUnknown(piece, template, scopes);
      else if (piece.kind === "name" || piece.kind === "&") this.#checkValue(piece, found, template);
      if (piece.kind !== "#" && piece.kind !== "^") continue;
      // Below a name that is not there nothing can be said.
      if (found === undefined) continue;
      const inner = piece.kind === "#" ? this.#entered(found, scopes) : scopes;
      this.#checkPieces(piece.inner, template, inner, including);
    }
  }

  #checkValue(piece: Piece, found: Node, template: Checked): void {
    if (found.kind === "list") {
      this.#reportAt(piece, template, "templates/list", `${piece.value} is a list`, {
        hint: `{{#${piece.value}}} ... {{/${piece.value}}} writes something for each of its items`,
      });
    } else if (found.kind === "object") {
      const keys = [...found.keys.keys()].map(
        (key) => `${piece.value === "." ? "" : `${piece.value}.`}${key}`,
      );
      this.#reportAt(piece, template, "templates/object", `${piece.value} has several values`, {
        hint: `name one: ${keys.join(", ")}`,
      });
    } else if (found.free && !template.escaped && piece.kind === "name") {
      this.#reportAt(
        piece,
        template,
        "templates/no-escape",
        `${piece.value} can be any text, and for files of this ending ecagen knows no escape`,
        { hint: `where any text is safe, write {{{${piece.value}}}}; name.snake and the like always are` },
      );
    }
  }

  #checkPartial(
    piece: Piece,
    template: Checked,
    scopes: readonly Node[],
    including: readonly string[],
  ): void {
    const source = this.#partials.get(piece.value);
    if (source === undefined) {
      const hint = didYouMean(piece.value, this.#partials.keys());
      this.#reportAt(
        piece,
        template,
        "templates/unknown-part",
        `there is no part ${JSON.stringify(piece.value)}`,
        {
          hint: hint ?? `it would be the file ${piece.value.replace(/([^/]*)$/, "_$1")}.mustache`,
        },
      );
    } else if (including.includes(piece.value)) {
      const way = [...including, piece.value].join(" → ");
      this.#reportAt(piece, template, "templates/circle", `a part has itself in it: ${way}`);
    } else {
      this.#checkSource({ ...template, source }, scopes, [...including, piece.value]);
    }
  }

  /** As mustache looks names up: in the innermost object that has all of the path, else in those around it. */
  #find(name: string, scopes: readonly Node[]): Node | undefined {
    if (name === ".") return scopes.at(-1);
    for (const scope of [...scopes].reverse()) {
      let at: Node | undefined = scope;
      for (const key of name.split(".")) {
        const schema: Schema | undefined = at?.kind === "object" ? at.keys.get(key) : undefined;
        at = schema && this.#node(schema);
      }
      if (at !== undefined) return at;
    }
    return undefined;
  }

  /** The scopes inside of a section: each item of a list, the object, the value; a truth is only asked for. */
  #entered(found: Node, scopes: readonly Node[]): readonly Node[] {
    if (found.kind === "list") return [...scopes, this.#node(found.items)];
    return found.kind === "value" && found.truth ? scopes : [...scopes, found];
  }

  #node(schema: Schema): Node {
    if (schema.$ref !== undefined) {
      const name = schema.$ref.split("/").at(-1) ?? "";
      return this.#node((this.#root.$defs?.[name] ?? {}) as Schema);
    }
    const alternatives = [...(schema.anyOf ?? []), ...(schema.allOf ?? [])] as readonly Schema[];
    const alternative = alternatives.find(({ type }) => type !== "null");
    if (alternative !== undefined) return this.#node(alternative);
    if (schema.properties !== undefined) {
      return { kind: "object", keys: new Map(Object.entries(schema.properties) as [string, Schema][]) };
    }
    if (schema.type === "array") return { kind: "list", items: schema.items as Schema };
    return { kind: "value", free: schema.free === true, truth: schema.type === "boolean" };
  }

  #reportUnknown(piece: Piece, template: Checked, scopes: readonly Node[]): void {
    const known = scopes.flatMap((scope) => this.#namesIn(scope, "", 3));
    const hint = didYouMean(piece.value, known) ?? "docs/templates.md lists what templates are given";
    const message = `the data has nothing called ${JSON.stringify(piece.value)} here`;
    this.#reportAt(piece, template, "templates/unknown-name", message, { hint });
  }

  /** The paths of an object's values, as tags have them. */
  #namesIn(node: Node, prefix: string, depth: number): readonly string[] {
    if (node.kind !== "object" || depth === 0) return [];
    return [...node.keys].flatMap(([key, schema]) => {
      const path = `${prefix}${key}`;
      return [path, ...this.#namesIn(this.#node(schema), `${path}.`, depth - 1)];
    });
  }

  #reportAt(
    { start, end }: Piece,
    { source }: Checked,
    code: DiagnosticCode,
    message: string,
    more: Pick<Diagnostic, "hint"> = {},
  ): void {
    this.#report({ code, message, range: { source, offset: start, length: end - start }, ...more });
  }

  /** Once for each place: a part is checked wherever it is put in. */
  #report(diagnostic: Diagnostic): void {
    const isSame = ({ code, message, range }: Diagnostic): boolean =>
      code === diagnostic.code &&
      message === diagnostic.message &&
      range?.source.file === diagnostic.range?.source.file &&
      range?.offset === diagnostic.range?.offset;
    if (!this.diagnostics.some(isSame)) this.diagnostics.push(diagnostic);
  }
}
