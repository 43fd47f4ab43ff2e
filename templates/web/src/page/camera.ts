/** The camera, as a stream into a video element. */
export class Camera {
  readonly #video: HTMLVideoElement;
  #stream: MediaStream | undefined;

  constructor(video: HTMLVideoElement) {
    this.#video = video;
  }

  get isOn(): boolean {
    return this.#stream !== undefined;
  }

  /** Errors: `Error` where there is no camera, or it may not be used. */
  async start(): Promise<void> {
    // Without https or localhost, browsers don't have it at all.
    const devices: MediaDevices | undefined = navigator.mediaDevices;
    if (devices === undefined) throw new Error("the camera needs https or localhost");
    const stream = await devices
      .getUserMedia({ video: { facingMode: "environment" }, audio: false })
      .catch((error: DOMException) => {
        throw new Error(CAUSES[error.name] ?? `the camera can't be used: ${error.message}`);
      });
    this.stop();
    this.#stream = stream;
    this.#video.srcObject = stream;
    await this.#video.play();
  }

  stop(): void {
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#video.srcObject = null;
    this.#stream = undefined;
  }
}

const CAUSES: Readonly<Record<string, string>> = {
  NotAllowedError: "the camera may not be used: the browser or its user refused",
  NotFoundError: "there is no camera",
  NotReadableError: "the camera is in use by another program",
};
