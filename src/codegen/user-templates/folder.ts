import { readdirSync } from "node:fs";
import { join } from "node:path";
import { InputError } from "../../base/diagnostic.js";
import type { SourceText } from "../../base/source.js";
import { readBytes, readText } from "../../files/read-file.js";

const ENDING = ".mustache";

/** A folder of templates, as its files say what they are. */
export interface TemplateFolder {
  /** Files that are written: by the path of the output, tags in it included. */
  readonly templates: ReadonlyMap<string, SourceText>;
  /** `parts/_row.mustache`, by the name `parts/row` that other templates use it by. */
  readonly partials: ReadonlyMap<string, SourceText>;
  /** All other files, which are copied. */
  readonly copies: ReadonlyMap<string, Uint8Array>;
}

/**
 * Reads a folder of templates, in the order of their paths:
 *
 *     NAME.mustache      becomes NAME
 *     _NAME.mustache     is a part of others, {{> NAME}}
 *     .NAME              is left out, folders too, unless it is a template
 *     anything else      is copied
 *
 * Errors: `InputError` for a folder that can't be read or has nothing to write.
 */
export function readTemplates(folder: string): TemplateFolder {
  const templates = new Map<string, SourceText>();
  const partials = new Map<string, SourceText>();
  const copies = new Map<string, Uint8Array>();
  for (const path of filesIn(folder, "")) {
    const file = join(folder, path);
    if (!path.endsWith(ENDING)) {
      copies.set(path, readBytes(file));
      continue;
    }
    const source = { file, text: readText(file) };
    const [, parent = "", name = ""] = /^(.*\/)?([^/]*)$/.exec(path.slice(0, -ENDING.length)) ?? [];
    if (name.startsWith("_")) partials.set(`${parent}${name.slice(1)}`, source);
    else templates.set(`${parent}${name}`, source);
  }
  if (templates.size + copies.size > 0) return { templates, partials, copies };
  throw InputError.of("codegen/no-templates", `the folder ${JSON.stringify(folder)} has no files to write`, {
    file: folder,
    hint: "a file README.md.mustache in it becomes README.md; docs/templates.md has more",
  });
}

function filesIn(folder: string, below: string): readonly string[] {
  const entries = entriesOf(join(folder, below)).sort((a, b) => (a.name < b.name ? -1 : 1));
  return entries.flatMap((entry) => {
    const path = `${below}${entry.name}`;
    const hidden = entry.name.startsWith(".");
    if (entry.isDirectory()) return hidden ? [] : filesIn(folder, `${path}/`);
    return entry.isFile() && (!hidden || path.endsWith(ENDING)) ? [path] : [];
  });
}

function entriesOf(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = { ENOENT: "there is none", ENOTDIR: "it is a file" }[code ?? ""] ?? message;
    throw InputError.of("file/no-folder", `the folder ${JSON.stringify(folder)} can't be read: ${why}`, {
      file: folder,
    });
  }
}
