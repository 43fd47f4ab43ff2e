import type { Place, ShownClass } from "./comparison.js";
import { bar, element } from "./elements.js";
import type { Timing } from "./timing.js";
import type { Variant } from "./variant.js";

const count = new Intl.NumberFormat("en-US");
const milliseconds = new Intl.NumberFormat("en-US", {
  minimumSignificantDigits: 3,
  maximumSignificantDigits: 3,
});
const percent = new Intl.NumberFormat("en-US", {
  style: "percent",
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
});

/** The largest counts of all variants: what the bars are parts of. */
export interface Largest {
  readonly parameters: number;
  readonly macs: number;
}

/** What the page shows of one variant. */
export class Column implements Place {
  readonly variant: Variant;
  readonly root: HTMLElement;
  readonly #latency = element("dd", "value");
  readonly #device = element("dd", "value text");
  readonly #classes = element("ol", "classes");

  constructor(variant: Variant, largest: Largest) {
    this.variant = variant;
    const { id, title, description, gates, parameters, attentionParameters, macs, passes, weights } = variant;
    const heading = element("h2", "", title);
    heading.id = `title-${id}`;
    this.root = element(
      "article",
      "column",
      element("div", "heading", heading, element("p", "quiet description", description)),
      element(
        "dl",
        "facts",
        fact(
          "Parameters",
          element("dd", "value", count.format(parameters), bar(parameters / largest.parameters)),
        ),
        fact("of them in gates", element("dd", "value", gatesText(gates, attentionParameters))),
        fact("Multiply-accumulates", element("dd", "value", count.format(macs), bar(macs / largest.macs))),
        fact("Latency", this.#latency),
        fact("Ran on", this.#device),
      ),
      element("div", "answer", element("h3", "", "Top 5"), this.#classes),
      element(
        "div",
        "notes",
        element("p", weights.trained ? "weights" : "weights warning", weights.text),
        ...(passes === "" ? [] : [element("p", "passes", "Made by ", element("code", "", passes))]),
      ),
    );
    this.root.setAttribute("aria-labelledby", heading.id);
    this.root.dataset.variant = id;
    this.clear();
  }

  /** Back to what is known without a picture. */
  clear(): void {
    this.#latency.replaceChildren("–");
    this.#device.replaceChildren("–");
    this.#classes.replaceChildren();
  }

  showClasses(classes: readonly ShownClass[], device: string): void {
    this.#device.replaceChildren(device);
    this.#classes.replaceChildren(
      ...classes.map(({ label, probability }) => {
        const number = element("span", "number", percent.format(probability));
        number.dataset.probability = String(probability);
        return element("li", "", element("span", "label", label), number, bar(probability));
      }),
    );
    if (classes.length === 0) this.showFailure("the network gave no numbers: its output is not finite");
  }

  showTiming({ median, fastest, slowest: longest }: Timing, slowest: number): void {
    const range = `(${milliseconds.format(fastest)} to ${milliseconds.format(longest)})`;
    const number = element("span", "", `${milliseconds.format(median)} ms `);
    number.dataset.median = String(median);
    this.#latency.replaceChildren(number, element("span", "quiet", range), bar(median / slowest, "measured"));
  }

  showFailure(message: string): void {
    this.clear();
    this.#classes.replaceChildren(element("li", "failure", message));
  }
}

function fact(name: string, value: HTMLElement): HTMLElement {
  return element("div", "", element("dt", "", name), value);
}

function gatesText(gates: number, parameters: number): string {
  if (gates === 0) return "none";
  return `${count.format(parameters)} in ${gates === 1 ? "1 gate" : `${gates} gates`}`;
}
