import { unseen } from "./visible-text.js";

/** A value as JSON, in lines; what a terminal would obey and what nobody sees is escaped, so that it reads back as it was. */
export function jsonText(value: unknown): string {
  return `${escapeUnseen(JSON.stringify(value, null, 2))}\n`;
}

/** A text as a string of JSON, on one line. */
export function quoted(text: string): string {
  return escapeUnseen(JSON.stringify(text));
}

/** A text in which only strings of JSON can have what is unseen: that is escaped in them. */
export function escapeUnseen(json: string): string {
  return json.replace(unseen(), (each) =>
    each === "\n"
      ? each
      : [...Array(each.length).keys()]
          .map((i) => `\\u${each.charCodeAt(i).toString(16).padStart(4, "0")}`)
          .join(""),
  );
}
