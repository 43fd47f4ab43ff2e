import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer } from "node:http";
import { dirname, extname, join, normalize, sep } from "node:path";
import { fileURLToPath } from "node:url";

// Serves site/ to this machine, at the port of PORT or 8080.
const site = join(dirname(fileURLToPath(import.meta.url)), "site");
const port = Number(process.env.PORT ?? 8080);

const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".wasm": "application/wasm",
};

// With the first two a page may have WebAssembly with several threads.
const HEADERS = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
  "X-Content-Type-Options": "nosniff",
  "Cache-Control": "no-cache",
};

/** The file that a request is for; undefined for none, and for what lies outside of site/. */
async function fileOf(url) {
  try {
    const path = decodeURIComponent(new URL(url, "http://localhost").pathname);
    const file = normalize(join(site, path.endsWith("/") ? `${path}index.html` : path));
    const { size } = file.startsWith(site + sep) ? await stat(file) : {};
    return size === undefined ? undefined : { file, size };
  } catch {
    return undefined;
  }
}

const server = createServer(async ({ method, url }, response) => {
  const found = method === "GET" || method === "HEAD" ? await fileOf(url) : undefined;
  if (found === undefined) {
    response.writeHead(404, HEADERS).end("not found");
    return;
  }
  const type = TYPES[extname(found.file)] ?? "application/octet-stream";
  response.writeHead(200, { ...HEADERS, "Content-Type": type, "Content-Length": found.size });
  if (method === "HEAD") response.end();
  else
    createReadStream(found.file)
      .on("error", () => response.destroy())
      .pipe(response);
});

server.on("error", ({ code, message }) => {
  console.error(code === "EADDRINUSE" ? `port ${port} is taken: PORT=8081 npm start takes another` : message);
  process.exitCode = 1;
});
server.listen(port, "localhost", () => console.log(`http://localhost:${server.address().port}`));
