/** What an AudioWorkletGlobalScope has: Web Audio API, section 1.32. TypeScript's libraries don't describe it. */
interface AudioWorkletProcessor {
  readonly port: MessagePort;
}
declare const AudioWorkletProcessor: { new (): AudioWorkletProcessor };
declare function registerProcessor(name: string, processor: new (options: { processorOptions: never }) => object): void;
/** Hz */
declare const sampleRate: number;
/** s */
declare const currentTime: number;
