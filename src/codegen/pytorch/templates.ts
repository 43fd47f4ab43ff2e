import { templateText } from "../template-text.js";

/** The text of a file of `templates/pytorch`. */
export function template(path: string): string {
  return templateText("pytorch", path);
}

/** A template with its `{{words}}` filled in; each must be given. */
export function filled(path: string, words: Readonly<Record<string, string>>): string {
  return template(path).replaceAll(/\{\{(\w+)\}\}/g, (_, word: string) => {
    const text = words[word];
    if (text === undefined) throw new RangeError(`nothing is given for {{${word}}} of ${path}`);
    return text;
  });
}
