import { readFileSync } from "node:fs";
import { join } from "node:path";
import type * as z from "zod";
import { markdownTable } from "../src/base/markdown.js";
import { templateDataJsonSchema } from "../src/codegen/user-templates/data-schema.js";
import { ESCAPES } from "../src/codegen/user-templates/escapes.js";
import { packageRoot } from "../src/files/package.js";

type Schema = z.core.JSONSchema.BaseSchema;

/**
 * docs/templates.md: how templates are written, the data that they are given, the escapes. Made of the code.
 *
 * @param card what the example makes of specs/small.json
 */
export function templateDocs(card: string): string {
  const schema = templateDataJsonSchema();
  const objects = Object.values(schema.$defs ?? {}) as readonly Schema[];
  return [
    INTRODUCTION,
    ESCAPING,
    markdownTable(
      ["files", "what is written"],
      ESCAPES.map(({ endings, doc }) => [endings.map((each) => `\`.${each}\``).join(" "), doc]),
    ),
    AFTER_ESCAPES,
    EXAMPLE,
    fenced(textOf("templates/example-model-card/_block.mustache")),
    "and for `specs/small.json` it makes\n",
    fenced(card),
    DATA,
    "### The network\n",
    table(schema),
    ...objects.flatMap((object) => [
      `### ${object.title}\n`,
      ...(object.description === undefined ? [] : [`${object.description}\n`]),
      table(object),
    ]),
  ].join("\n");
}

const INTRODUCTION = `<!-- Made by scripts/generate.ts from src/codegen/user-templates. Do not edit. -->

# Templates of your own

    ecagen codegen specs/b0-eca.json --templates my-templates -o b0-eca

fills the templates in a folder with the data of the network, after the spec's passes and those of \`--passes\`: a model card,
a header for firmware, a table for a paper, a configuration for another program. Templates don't compute: the data contains every number
in all forms that are needed.

The language is [Mustache](https://mustache.github.io/mustache.5.html):

| in a template | what is written |
|---|---|
| \`{{macs.millions}}\` | the value, escaped for the type of the file |
| \`{{{description}}}\` | the value without escaping; make sure that it is safe there |
| \`{{#blocks}}...{{/blocks}}\` | the section for each item of a list; the item's keys take precedence |
| \`{{#kernel}}...{{/kernel}}\` | the section if the value is not null, 0, false, empty text or an empty list; \`{{.}}\` is the value |
| \`{{^kernel}}...{{/kernel}}\` | the section if it is one of these |
| \`{{> row}}\` | the partial \`_row.mustache\`; \`{{> parts/row}}\` is \`parts/_row.mustache\` |
| \`{{! words }}\` | nothing |

| file | result |
|---|---|
| \`README.md.mustache\` | \`README.md\` |
| \`{{name.kebab}}.h.mustache\` | \`efficientnet-b0-eca.h\`: names of files and folders can contain tags |
| \`_row.mustache\` | none: a partial, for other templates |
| \`.git\`, \`.DS_Store\` | none: names that begin with a dot are skipped, except templates |
| any other | a copy, byte for byte |

These are errors: a tag with an unknown name, and a list or an object in place of a value. All errors are reported at once, with their
places and the nearest names, also in sections that this network doesn't use. In this case nothing is
written. A value that a network doesn't have is null, and its tag writes nothing.
`;

const ESCAPING = `## Escapes

Names, descriptions and labels can be any text. \`{{tags}}\` escape them so that they can't end the surrounding string or comment.
Strings and attributes need quotes in the template.
`;

const AFTER_ESCAPES = `In files with other endings such texts are errors, unless they are written with three braces. Numbers, types and
identifiers (\`name.snake\` and similar) need no escape. In file names, characters other than letters, digits, \`.\`, \`_\`, \`-\`
and spaces become \`-\`. No file is written outside the folder of \`-o\`.
`;

const EXAMPLE = `## An example

\`templates/example-model-card\` makes a model card and a C header. Its partial for a row of the table is
`;

const DATA = `## The data

\`ecagen codegen SPEC --lang json -o DIR\` writes the data to \`network.json\`, for use with other template engines. All keys are always present.
Sizes are for one image; counts are those of \`ecagen stats\`.
`;

function textOf(path: string): string {
  return readFileSync(join(packageRoot(), path), "utf8").replaceAll("\r\n", "\n");
}

function fenced(text: string): string {
  return `\`\`\`\`\n${text}\`\`\`\`\n`;
}

function table({ properties = {} }: Schema): string {
  return markdownTable(
    ["key", "value", "meaning"],
    Object.entries(properties as Readonly<Record<string, Schema>>).map(([key, schema]) => [
      `\`${key}\``,
      valueWords(schema),
      schema.description ?? "",
    ]),
  );
}

function valueWords(schema: Schema): string {
  if (schema.$ref !== undefined) return linkTo(schema.$ref);
  const alternatives = [...(schema.anyOf ?? []), ...(schema.allOf ?? [])] as readonly Schema[];
  if (alternatives.length > 0) return alternatives.map(valueWords).join(" or ");
  if (schema.type === "array") return `list of ${valueWords(schema.items as Schema)}`;
  if (schema.type === "string") return schema.free === true ? "any text" : "word";
  const words: Readonly<Record<string, string>> = { integer: "whole number", boolean: "true or false" };
  return words[String(schema.type)] ?? String(schema.type);
}

function linkTo(reference: string): string {
  const name = reference.split("/").at(-1) ?? "";
  const title = (templateDataJsonSchema().$defs?.[name] as Schema | undefined)?.title ?? name;
  return `[${title.charAt(0).toLowerCase()}${title.slice(1)}](#${title.toLowerCase().replaceAll(" ", "-")})`;
}
