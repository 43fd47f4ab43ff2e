/** The element of index.html with an id. Errors: `Error` where it is another kind of element, or not there. */
export function byId<E extends HTMLElement>(id: string, kind: abstract new (...args: never[]) => E): E {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`index.html has no ${kind.name} with the id ${id}`);
  return found;
}

/** A new element; its texts are shown as they are, never read as HTML. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className: string,
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  if (className !== "") made.className = className;
  made.append(...children);
  return made;
}

/** A bar as long as a part of the whole, 0 to 1. It repeats what stands beside it, so readers of screens pass over it. */
export function bar(part: number, className = ""): HTMLElement {
  const made = element("span", `bar ${className}`.trim());
  made.setAttribute("aria-hidden", "true");
  made.style.setProperty("--part", String(Math.min(1, Math.max(0, part))));
  return made;
}

/** An option with its label: a radio button or a checkbox. */
export function choice(
  type: "radio" | "checkbox",
  name: string,
  value: string,
  ...label: readonly (Node | string)[]
): { readonly input: HTMLInputElement; readonly label: HTMLLabelElement } {
  const input = element("input", "");
  Object.assign(input, { type, name, value });
  return { input, label: element("label", "choice", input, element("span", "", ...label)) };
}
