import { packagedText } from "../files/packaged-text.js";

/** The text of a file of `templates/`, as `pytorch/train.py`, with the line ends that are written. */
export function templateText(path: string): string {
  return packagedText(`templates/${path}`);
}

/** A template with its `{{words}}` filled in; each must be given. */
export function filledTemplate(path: string, words: Readonly<Record<string, string>>): string {
  return templateText(path).replaceAll(/\{\{(\w+)\}\}/g, (_, word: string) => {
    const text = words[word];
    if (text === undefined) throw new RangeError(`nothing is given for {{${word}}} of ${path}`);
    return text;
  });
}
