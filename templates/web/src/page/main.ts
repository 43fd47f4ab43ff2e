import type { RawImage } from "../index.js";
import { network, variants } from "../variants.js";
import { Camera } from "./camera.js";
import { Column } from "./column.js";
import { Comparison } from "./comparison.js";
import { type PageDevice, pageDevices } from "./devices.js";
import { byId, choice } from "./elements.js";
import { drawFile, drawVideo } from "./pictures.js";

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
let device: PageDevice["device"] = "cpu";

function say(text: string): void {
  status.textContent = text;
}

/** Runs the chosen networks on the picture, if there is one. */
function compare(): void {
  if (image === undefined) return;
  for (const column of columns) column.clear();
  const places = columns.filter(({ root }) => !root.hidden);
  document.body.dataset.state = "busy";
  const asked = { image, device, places };
  void comparison.run(asked).then(() => {
    document.body.dataset.state = "ready";
  });
}

/** Takes a picture from anywhere, shows it and compares. */
async function take(draw: () => ImageData | Promise<ImageData>, name: string): Promise<void> {
  try {
    image = await draw();
    canvas.setAttribute("aria-label", `${name}, ${image.width} by ${image.height} pixels`);
    show(canvas);
    againButton.disabled = false;
    compare();
  } catch (error) {
    say((error as Error).message);
  }
}

function takeFile(file: File | undefined): void {
  if (file === undefined) return;
  stopCamera();
  void take(() => drawFile(file, canvas), file.name);
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
  try {
    say("Waiting for the camera …");
    await camera.start();
    show(video);
    takeButton.hidden = false;
    cameraButton.textContent = "Stop the camera";
    takeButton.focus();
    say("The camera is on. Take a picture.");
  } catch (error) {
    stopCamera();
    say((error as Error).message);
  }
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
      compare();
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
      compare();
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
    else void startCamera();
  });
  takeButton.addEventListener("click", () => {
    void take(() => drawVideo(video, canvas), "A picture of the camera").then(stopCamera);
  });
  againButton.addEventListener("click", compare);
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
await offerDevices();
document.body.dataset.state = "ready";
