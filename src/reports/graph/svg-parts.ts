/**
 * An SVG of Graphviz as a part of a page: without a document around it, a ground, ids, and what every text in it repeats. In texts and
 * attributes quotes and brackets are escaped, so what looks like markup is markup.
 */
export function partOfPage(svg: string): string {
  return svg
    .slice(svg.indexOf("<svg"))
    .replaceAll(/<!--[^>]*-->\n?/g, "")
    .replaceAll(/<title>[^<]*<\/title>\n?/g, "")
    .replaceAll(
      / (?:font-family="[^"]*"|text-anchor="start"|xml:space="preserve"|xmlns(?::xlink)?="[^"]*")/g,
      "",
    )
    .replaceAll(/<g id="a_[^"]*"><a xlink:title="[^"]*">\n([\s\S]*?)<\/a>\n<\/g>\n/g, "$1")
    .replaceAll(
      /<g id="a_[^"]*"><a xlink:href="([^"]*)"[^>]*>\n([\s\S]*?)<\/a>\n<\/g>\n/g,
      '<a href="$1">$2</a>',
    )
    .replaceAll(/<g id="[^"]*"/g, "<g")
    .replaceAll(
      /<path fill="([^"]*)" stroke="none" (d="[^"]*"\/>)\n<path fill="none" ([^>]*?)\2/g,
      '<path fill="$1" $3$2',
    )
    .replace(/<polygon fill="white" stroke="none" points="[^"]*"\/>\n/, "")
    .replaceAll(/ (?:d|points|x|y|viewBox)="[^"]*"/g, (numbers) => numbers.replaceAll(/(\.\d)\d+\b/g, "$1"))
    .replaceAll(/ font-size="(\d+)\.00"/g, ' font-size="$1"')
    .replaceAll("\n", "");
}
