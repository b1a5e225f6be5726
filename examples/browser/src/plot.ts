/** Seconds that a plot shows. */
export interface View {
  readonly from: number;
  readonly to: number;
}

/** A canvas as sharp as the screen, drawn in CSS pixels. */
export class Plot {
  readonly canvas: HTMLCanvasElement;
  readonly context: CanvasRenderingContext2D;
  #width = 0;
  #height = 0;

  /** @param resized the canvas is empty, and is to be drawn */
  constructor(canvas: HTMLCanvasElement, resized: () => void) {
    this.canvas = canvas;
    this.context = canvas.getContext('2d')!;
    new ResizeObserver(() => {
      this.#fit();
      resized();
    }).observe(canvas);
    this.#fit();
  }

  /** CSS pixels. */
  get width(): number {
    return this.#width;
  }

  get height(): number {
    return this.#height;
  }

  clear(): void {
    this.context.clearRect(0, 0, this.#width, this.#height);
  }

  /** CSS pixels from the left. */
  x(time: number, { from, to }: View): number {
    return ((time - from) / (to - from)) * this.#width;
  }

  line(x0: number, y0: number, x1: number, y1: number, colour: string, dash: readonly number[] = []): void {
    const { context } = this;
    context.setLineDash([...dash]);
    context.strokeStyle = colour;
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(x0, y0);
    context.lineTo(x1, y1);
    context.stroke();
    context.setLineDash([]);
  }

  #fit(): void {
    const { canvas } = this;
    const ratio = window.devicePixelRatio || 1;
    this.#width = canvas.clientWidth;
    this.#height = canvas.clientHeight;
    canvas.width = Math.max(1, Math.round(this.#width * ratio));
    canvas.height = Math.max(1, Math.round(this.#height * ratio));
    this.context.setTransform(
      canvas.width / Math.max(1, this.#width),
      0,
      0,
      canvas.height / Math.max(1, this.#height),
      0,
      0,
    );
  }
}
