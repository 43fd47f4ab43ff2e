import { jsonText } from "../../base/json-text.js";
import type { CodegenSubject, GeneratedFile } from "../subject.js";
import { templateData } from "../user-templates/data.js";

/** What templates are given, as a file: for other template engines, and to look up what a tag would write. */
export function generateJson(subject: CodegenSubject): readonly GeneratedFile[] {
  return [{ path: "network.json", text: jsonText(templateData(subject)) }];
}
