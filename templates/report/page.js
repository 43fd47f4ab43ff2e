// Sorts and filters the tables of a report, and unfolds what a link leads to. Without it, everything can be read.

/** What a cell is sorted by: a number where it has one, else its text. */
function keyOf(row, column) {
  const cell = row.cells[column];
  const text = cell.textContent.trim();
  const number = Number(cell.dataset.value ?? text.replaceAll(",", "").replace("−", "-"));
  return text === "" || Number.isNaN(number) ? text : number;
}

/** Numbers before texts, nothing last. */
function compare(a, b) {
  if (a === "" || b === "") return (a === "") - (b === "");
  if (typeof a !== typeof b) return typeof a === "number" ? -1 : 1;
  return typeof a === "number" ? a - b : a.localeCompare(b, "en", { numeric: true });
}

function makeSortable(table) {
  const body = table.tBodies[0];
  const original = [...body.rows];
  const heads = [...table.tHead.rows].at(-1).cells;
  [...heads].forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      // As it was, up, down: numbers begin with the largest.
      const order = head.classList.contains("n") ? ["descending", "ascending"] : ["ascending", "descending"];
      const next = order[order.indexOf(head.getAttribute("aria-sort")) + 1];
      for (const other of heads) other.removeAttribute("aria-sort");
      const rows = [...original];
      if (next !== undefined) {
        head.setAttribute("aria-sort", next);
        const sign = next === "ascending" ? 1 : -1;
        rows.sort((a, b) => {
          const [one, other] = [keyOf(a, column), keyOf(b, column)];
          return one === "" || other === "" ? compare(one, other) : sign * compare(one, other);
        });
      }
      body.append(...rows);
    });
  });
}

function makeFiltered(frame, table) {
  const rows = [...table.tBodies[0].rows];
  const tools = document.createElement("div");
  tools.className = "tools";
  const label = document.createElement("label");
  const input = document.createElement("input");
  input.type = "search";
  label.append("Filter", input);
  tools.append(label);
  const only = document.createElement("input");
  only.type = "checkbox";
  if (rows.some((row) => row.classList.contains("differs"))) {
    const choice = document.createElement("label");
    choice.append(only, " only what differs");
    tools.append(choice);
  }
  const shown = document.createElement("output");
  tools.append(shown);
  const update = () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      row.hidden =
        !words.every((word) => text.includes(word)) || (only.checked && !row.classList.contains("differs"));
      if (!row.hidden) count++;
    }
    shown.value = count === rows.length ? "" : `${count} of ${rows.length} rows`;
  };
  input.addEventListener("input", update);
  only.addEventListener("change", update);
  frame.before(tools);
}

/** A link into what is folded away unfolds it. */
function unfold() {
  const target =
    location.hash === "" ? null : document.getElementById(decodeURIComponent(location.hash.slice(1)));
  for (let at = target; at !== null; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
  if (target?.tagName === "DETAILS") {
    target.scrollIntoView();
    target.querySelector("summary").focus({ preventScroll: true });
  }
}

for (const frame of document.querySelectorAll(".table.interactive")) {
  const table = frame.querySelector("table");
  if (table.tBodies[0].rows.length < 2) continue;
  makeSortable(table);
  if (table.tBodies[0].rows.length > 4) makeFiltered(frame, table);
}
addEventListener("hashchange", unfold);
unfold();

// On paper everything that fits is unfolded: tables are, pictures of ops are not.
addEventListener("beforeprint", () => {
  for (const each of document.querySelectorAll("details"))
    if (each.querySelector(":scope > .table") !== null) each.open = true;
});
