import { imageBatch } from "../classify.js";
import { classifier, type Device, Model, type RawImage, signature } from "../index.js";
import { describeDevice } from "./devices.js";
import { nextTask, type Timing, timeInTurns } from "./timing.js";
import type { Variant } from "./variant.js";

/** A class as the page shows it. */
export interface ShownClass {
  readonly label: string;
  readonly probability: number;
}

/** Where the results of a variant go. */
export interface Place {
  readonly variant: Variant;
  showClasses(classes: readonly ShownClass[], device: string): void;
  /** @param slowest the median of the slowest of all variants */
  showTiming(timing: Timing, slowest: number): void;
  showFailure(message: string): void;
}

/** What is to be held against each other. */
export interface Request {
  readonly image: RawImage;
  readonly device: Device;
  readonly places: readonly Place[];
}

type Inputs = Parameters<Model["run"]>[0];

/** Loads the variants and runs them on one picture after the other; a new request ends the one before. */
export class Comparison {
  readonly #say: (status: string) => void;
  readonly #models = new Map<string, Model>();
  #device: Device | undefined;
  #newest = 0;
  #last: Promise<void> = Promise.resolve();

  /** @param say shows what is going on */
  constructor(say: (status: string) => void) {
    this.#say = say;
  }

  run(request: Request): Promise<void> {
    this.#newest++;
    const turn = this.#newest;
    const done = this.#last.then(() => this.#run(request, () => turn === this.#newest));
    this.#last = done.catch(() => undefined);
    return done;
  }

  async #run({ image, device, places }: Request, isWanted: () => boolean): Promise<void> {
    if (!isWanted()) return;
    if (device !== this.#device) await this.#disposeAll();
    this.#device = device;
    const loaded: { readonly place: Place; readonly model: Model }[] = [];
    for (const place of places) {
      if (!isWanted()) return;
      try {
        const model = await this.#load(place.variant, device);
        this.#say(`Running ${place.variant.title} …`);
        await nextTask();
        // The first run, which is not timed: it also makes what a device makes once.
        const classes = await model.classify(image);
        const where = await describeDevice(model.device);
        if (!isWanted()) return;
        place.showClasses(
          classes.map(({ index, label, probability }) => ({ label: label ?? `class ${index}`, probability })),
          where,
        );
        loaded.push({ place, model });
      } catch (error) {
        place.showFailure((error as Error).message);
      }
    }
    const [name = ""] = Object.keys(signature.inputs);
    const inputs = { [name]: imageBatch([image], classifier) } as unknown as Inputs;
    const jobs = loaded.map(
      ({ model }) =>
        (): Promise<unknown> =>
          model.run(inputs),
    );
    const timings = await timeInTurns(jobs, (round) => {
      this.#say(`Measuring, round ${round} …`);
      return isWanted();
    });
    if (timings === undefined) return;
    const slowest = Math.max(...timings.map(({ median }) => median));
    for (const [i, timing] of timings.entries()) loaded[i]?.place.showTiming(timing, slowest);
    this.#say(loaded.length === 0 ? "No network ran." : "Done.");
  }

  async #load({ id, title, model: path }: Variant, device: Device): Promise<Model> {
    const known = this.#models.get(id);
    if (known !== undefined) return known;
    this.#say(`Loading ${title} …`);
    const model = await Model.load(new URL(path, document.baseURI), { device });
    this.#models.set(id, model);
    return model;
  }

  async #disposeAll(): Promise<void> {
    const models = [...this.#models.values()];
    this.#models.clear();
    await Promise.all(models.map((each) => each.dispose()));
  }
}
