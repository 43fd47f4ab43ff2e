import { join } from "node:path";
import Mustache from "mustache";
import { type Diagnostic, InputError } from "../../base/diagnostic.js";
import type { GeneratedFile, Generator } from "../subject.js";
import { TagChecker } from "./check.js";
import { templateData } from "./data.js";
import type { TemplateData } from "./data-schema.js";
import { escapeFor, escapeForFileName } from "./escapes.js";
import { readTemplates, type TemplateFolder } from "./folder.js";

/**
 * A generator of the files of a folder of templates. Names of files may have tags too.
 *
 * Errors: `InputError` with all that is wrong with the templates: their form, names that the data does not have, outputs
 * of the same name or outside of the folder.
 */
export function userTemplates(folder: string): Generator {
  return (subject) => {
    const read = readTemplates(folder);
    refuseWrongTags(read, folder);
    const data = templateData(subject);
    const files = [...textsOf(read, data), ...copiesOf(read, data)];
    refuseWrongPaths(files);
    return files;
  };
}

function refuseWrongTags({ templates, partials, copies }: TemplateFolder, folder: string): void {
  const checker = new TagChecker(partials);
  for (const path of [...templates.keys(), ...copies.keys()]) {
    const file = templates.get(path)?.file ?? join(folder, path);
    for (const text of path.split("/")) checker.check({ source: { file, text }, escaped: true });
  }
  for (const [path, source] of templates) {
    checker.check({ source, escaped: escapeFor(path) !== undefined });
  }
  if (checker.diagnostics.length > 0) throw new InputError(checker.diagnostics);
}

function textsOf({ templates, partials }: TemplateFolder, data: TemplateData): readonly GeneratedFile[] {
  const parts = Object.fromEntries([...partials].map(([name, { text }]) => [name, text]));
  return [...templates].map(([path, { text }]) => ({
    path: pathOf(path, data),
    text: render(text, data, escapeFor(path) ?? ((value) => value), parts),
  }));
}

function copiesOf({ copies }: TemplateFolder, data: TemplateData): readonly GeneratedFile[] {
  return [...copies].map(([path, bytes]) => ({ path: pathOf(path, data), bytes }));
}

function render(
  text: string,
  data: TemplateData,
  safe: (text: string) => string,
  parts: Readonly<Record<string, string>> = {},
): string {
  const writer = new Mustache.Writer();
  return writer.render(text, new Mustache.Context(data), parts, {
    escape: (value: unknown) => (typeof value === "string" ? safe(value) : String(value)),
  });
}

/** The path of an output, whose parts may have tags. */
function pathOf(path: string, data: TemplateData): string {
  const parts = path.split("/").map((part) => render(part, data, escapeForFileName));
  return parts.join("/");
}

/** What no part of a path may be: nothing, dots, or with signs that some file system has a meaning for. */
const NO_FILE_NAME = /^[. ]*$|[\\:*?"<>|\p{Cc}]|.{200}/u;

/** Refuses outputs outside of the folder, and names that two files would have on systems that take A for a. */
function refuseWrongPaths(files: readonly GeneratedFile[]): void {
  const seen = new Set<string>();
  const diagnostics = files.flatMap(({ path }): readonly Diagnostic[] => {
    const isTaken = seen.has(path.toLowerCase());
    seen.add(path.toLowerCase());
    if (path.split("/").some((part) => NO_FILE_NAME.test(part))) {
      const message = `${JSON.stringify(path)} can't be the name of a file in the folder`;
      return [{ code: "templates/file-name", message, hint: "name.kebab always has letters or digits" }];
    }
    return isTaken
      ? [
          {
            code: "templates/same-file",
            message: `two files of the templates would be ${JSON.stringify(path)}`,
          },
        ]
      : [];
  });
  if (diagnostics.length > 0) throw new InputError(diagnostics);
}
