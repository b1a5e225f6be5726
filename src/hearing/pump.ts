/** Takes steps when asked, and by itself while somebody waits for sound that is still to come. */
export class Pump {
  readonly #take: () => Promise<boolean>;
  readonly #isNeeded: () => boolean;
  readonly #onFailure: () => void;
  #step: Promise<boolean> | undefined;
  #goesOn = true;
  #isRunning = false;

  constructor(take: () => Promise<boolean>, isNeeded: () => boolean, onFailure: () => void) {
    this.#take = take;
    this.#isNeeded = isNeeded;
    this.#onFailure = onFailure;
  }

  /** One step at a time, whoever asks; a step that fails fails for all who ask from then on. */
  step(): Promise<boolean> {
    if (!this.#goesOn) return Promise.resolve(false);
    return (this.#step ??= this.#take().then(
      (goesOn) => {
        this.#step = undefined;
        return (this.#goesOn = goesOn);
      },
      (error: unknown) => {
        this.#onFailure();
        throw error;
      },
    ));
  }

  /** Steps as long as it is needed; who reads the events finds the error of a step that fails. */
  start(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    const run = async (): Promise<void> => {
      while (this.#goesOn && this.#isNeeded()) await this.step();
    };
    run()
      .catch(() => {})
      .finally(() => (this.#isRunning = false));
  }
}
