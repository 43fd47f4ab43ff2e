import type { RawImage } from "../index.js";
import { network, variants } from "../variants.js";
import { Camera } from "./camera.js";
import { Column } from "./column.js";
import { Comparison } from "./comparison.js";
import { type PageDevice, pageDevices } from "./devices.js";
import { byId, choice } from "./elements.js";
import { drawFile, drawVideo } from "./pictures.js";

const main = byId("main", HTMLElement);
const status = byId("status", HTMLElement);
const canvas = byId("picture", HTMLCanvasElement);
const video = byId("video", HTMLVideoElement);
const dropZone = byId("drop", HTMLElement);
const invitation = byId("invitation", HTMLElement);
const cameraButton = byId("camera", HTMLButtonElement);
const takeButton = byId("take", HTMLButtonElement);
const againButton = byId("again", HTMLButtonElement);
const fileInput = byId("file", HTMLInputElement);

const camera = new Camera(video);
const comparison = new Comparison(say);
const largest = {
  parameters: Math.max(...variants.map(({ parameters }) => parameters)),
  macs: Math.max(...variants.map(({ macs }) => macs)),
};
const columns = variants.map((each) => new Column(each, largest));

let image: RawImage | undefined;
let going = 0;
let device: PageDevice["device"] = "cpu";

function say(text: string): void {
  status.textContent = text;
}

/** Marks the page as busy for as long as anything goes on; what fails is said. */
async function busily(work: () => Promise<void>): Promise<void> {
  going++;
  main.setAttribute("aria-busy", "true");
  try {
    await work();
  } catch (error) {
    say((error as Error).message);
  } finally {
    going--;
    if (going === 0) main.setAttribute("aria-busy", "false");
  }
}

/** Runs the chosen networks on the picture, if there is one. */
async function compare(): Promise<void> {
  if (image === undefined) return;
  for (const column of columns) column.clear();
  await comparison.run({ image, device, places: columns.filter(({ root }) => !root.hidden) });
}

/** Takes a picture from anywhere, shows it and compares. */
async function take(draw: () => ImageData | Promise<ImageData>, name: string): Promise<void> {
  image = await draw();
  canvas.setAttribute("aria-label", `${name}, ${image.width} by ${image.height} pixels`);
  stopCamera();
  againButton.disabled = false;
  await compare();
}

function takeFile(file: File | undefined): void {
  if (file !== undefined) void busily(() => take(() => drawFile(file, canvas), file.name));
}

/** Shows one thing in the picture's frame. */
function show(shown: HTMLElement): void {
  for (const each of [canvas, video, invitation]) each.hidden = each !== shown;
}

function stopCamera(): void {
  camera.stop();
  takeButton.hidden = true;
  cameraButton.textContent = "Use the camera";
  show(image === undefined ? invitation : canvas);
}

async function startCamera(): Promise<void> {
  say("Waiting for the camera …");
  await camera.start();
  show(video);
  takeButton.hidden = false;
  cameraButton.textContent = "Stop the camera";
  takeButton.focus();
  say("The camera is on. Take a picture.");
}

async function offerDevices(): Promise<void> {
  const fieldset = byId("devices", HTMLFieldSetElement);
  for (const { device: name, title, problem } of await pageDevices()) {
    const { input, label } = choice("radio", "device", name, title);
    input.checked = name === device;
    input.disabled = problem !== undefined;
    if (problem !== undefined) label.append(` (${problem})`);
    input.addEventListener("change", () => {
      device = name;
      void busily(compare);
    });
    fieldset.append(label);
  }
}

function offerVariants(): void {
  const fieldset = byId("variants", HTMLFieldSetElement);
  for (const { variant, root } of columns) {
    const { input, label } = choice("checkbox", "variant", variant.id, variant.title);
    input.checked = true;
    input.addEventListener("change", () => {
      root.hidden = !input.checked;
      void busily(compare);
    });
    fieldset.append(label);
  }
  fieldset.hidden = columns.length < 2;
}

function listen(): void {
  fileInput.addEventListener("change", () => {
    takeFile(fileInput.files?.[0]);
    // The same file can be chosen again.
    fileInput.value = "";
  });
  cameraButton.addEventListener("click", () => {
    if (camera.isOn) stopCamera();
    else void busily(startCamera);
  });
  takeButton.addEventListener("click", () => {
    void busily(() => take(() => drawVideo(video, canvas), "A picture of the camera"));
  });
  againButton.addEventListener("click", () => void busily(compare));
  // Anywhere on the page: a picture that misses the frame would replace the page.
  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    dropZone.classList.add("over");
  });
  for (const end of ["dragleave", "drop"]) {
    document.addEventListener(end, () => dropZone.classList.remove("over"));
  }
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    takeFile(event.dataTransfer?.files[0]);
  });
  document.addEventListener("paste", (event) => takeFile(event.clipboardData?.files[0]));
}

document.title = network.name;
byId("name", HTMLElement).textContent = network.name;
byId("description", HTMLElement).textContent = network.description;
byId("columns", HTMLElement).append(...columns.map(({ root }) => root));
offerVariants();
listen();
await busily(offerDevices);
