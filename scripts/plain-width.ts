/**
 * The width of a text in a terminal, for the bundle in place of the package string-width, which yargs lays out
 * its help with: that one loads ICU's segmenter and emoji tables, which takes longer than printing the help.
 * ecagen's texts have neither wide nor combining characters, only colours to leave out.
 */
// biome-ignore lint/style/noDefaultExport: the package that this stands for has one
export default function stringWidth(text: string): number {
  return [...text.replace(COLOUR, "")].length;
}

const COLOUR = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, "g");
