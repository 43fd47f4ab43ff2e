// Preloaded with --import: adds every module that is asked for to the file $IMPORT_LOG, as `import NAME`, and every program file that is read as text,
// as `read FILE BYTES`; also in processes that are started from there.
import fs from "node:fs";
import Module, { register } from "node:module";

const hook = `import { appendFileSync } from "node:fs";
export async function resolve(specifier, context, next) {
  appendFileSync(process.env.IMPORT_LOG, "import " + specifier + "\\n");
  return next(specifier, context);
}`;
register(`data:text/javascript,${encodeURIComponent(hook)}`);

const log = (line) => fs.appendFileSync(process.env.IMPORT_LOG, `${line}\n`);
const { readFileSync } = fs;
fs.readFileSync = (file, ...options) => {
  const content = readFileSync(file, ...options);
  if (/\.c?js$/.test(String(file))) log(`read ${file} ${content.length}`);
  return content;
};
const { _load } = Module;
Module._load = (name, ...rest) => {
  if (!/^(node:)?[a-z_/]+$/.test(name) || name === "sharp") log(`import ${name}`);
  return _load(name, ...rest);
};
