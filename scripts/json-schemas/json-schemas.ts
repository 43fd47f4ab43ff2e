import { Project, type Type } from "ts-morph";
import { SchemaWriter } from "./schema-writer.js";

/** The file and the interface that have the type of each document of `--json`. */
const FILE = "src/cli/json-documents.ts";
const INTERFACE = "JsonDocuments";

/**
 * A JSON Schema (draft-07) of each document that a command prints with `--json`, made of the types in src/cli/json-documents.ts and of those that
 * they name: what is required, and what the comments say. A key that a schema does not have is allowed: later versions may add some.
 */
export function jsonSchemas(): readonly (readonly [file: string, text: string])[] {
  const project = new Project({ tsConfigFilePath: "tsconfig.json", skipAddingFilesFromTsConfig: true });
  const source = project.addSourceFileAtPath(FILE);
  project.resolveSourceFileDependencies();
  const documents = source.getInterfaceOrThrow(INTERFACE);
  return documents.getProperties().map((property) => {
    const name = property.getName().replaceAll('"', "");
    const schema = schemaOf(name, property.getType(), property);
    return [`schema/json/${name}.schema.json`, `${JSON.stringify(schema, null, 2)}\n`];
  });
}

function schemaOf(name: string, type: Type, at: ConstructorParameters<typeof SchemaWriter>[0]): object {
  const writer = new SchemaWriter(at);
  const [command = ""] = name.split("-several");
  const many = command === name ? "" : " of several networks";
  const what =
    name === "error" ? "a command of ecagen that fails" : `ecagen ${command.replace("-", " ")}${many}`;
  const root = writer.schemaOf(type);
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: `What ${what} prints with --json`,
    ...root,
    ...(writer.definitions.size === 0
      ? {}
      : { definitions: Object.fromEntries([...writer.definitions].sort(([a], [b]) => (a < b ? -1 : 1))) }),
  };
}
