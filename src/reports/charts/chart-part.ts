import type { TopLevelSpec } from "./vega.js";

/** A chart as a part of a page: its SVG without what only its parts would have to say, which the page says as a whole. */
export async function chartPart(spec: TopLevelSpec): Promise<string> {
  const { chartSvg } = await import("./vega.js");
  // Names in texts may look like attributes; what looks like a tag is one.
  return (await chartSvg(spec)).replaceAll(/<[^>]*>/g, shortTag);
}

function shortTag(tag: string): string {
  return tag
    .replaceAll(
      / (?:aria-[a-z]+|role|class|pointer-events|font-family|xmlns(?::xlink)?|version)="[^"]*"/g,
      "",
    )
    .replaceAll(/ (?:opacity="1"|stroke-width="1"|font-weight="normal"|stroke-miterlimit="4")/g, "")
    .replaceAll(/<path d="(?:M0,0h0v0h0Z)?"(?: display="none")?\/>/g, "")
    .replaceAll(/ d="[^"]*"/g, (path) => path.replaceAll(/(\.\d\d)\d+/g, "$1"))
    .replaceAll(/<path d="[^"]*" display="none"\/>/g, "");
}
