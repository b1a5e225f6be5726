/** An AudioWorkletGlobalScope without a browser: what is in it, and nothing else. */
import { readFileSync } from 'node:fs';
import { createContext, runInContext, type Context } from 'node:vm';
import type { Message, Request, WorkletOptions } from '#dist/worklet/protocol.js';

/** What pages and Node have, and some AudioWorkletGlobalScope has not. */
export const MISSING = [
  ...[
    'TextDecoder',
    'TextEncoder',
    'URL',
    'atob',
    'btoa',
    'fetch',
    'performance',
    'crypto',
    'setTimeout',
    'setInterval',
  ],
  ...['queueMicrotask', 'structuredClone', 'self', 'window', 'navigator', 'document', 'process', 'Buffer', 'require'],
  ...['SharedArrayBuffer', 'Atomics', 'eval', 'Function', 'Intl'],
];

/** Samples of a quantum. */
export const QUANTUM = 128;

interface Processor {
  readonly port: { onmessage?: (event: { data: Request }) => void };
  process(inputs: readonly (readonly Float32Array[])[]): boolean;
}

/** What the page's side of a node sees. */
export interface Node {
  /** All that came since it was last emptied, as copies. */
  readonly messages: Message[];
  /** @returns what `process` does, of a quantum at `scope.time` s of the context */
  hear(samples: Float32Array): boolean;
  /** Nothing is connected. */
  hearNothing(): boolean;
  send(request: Request): void;
}

export class WorkletScope {
  /** What was asked for and is not there. */
  readonly missed: string[] = [];
  /** Names under which processors were registered. */
  readonly names: string[] = [];
  /** currentTime, s */
  time = 0;
  readonly sampleRate: number;
  readonly #context: Context;
  #Processor: (new (options: object) => Processor) | undefined;

  /** @param post what becomes of messages, where they are not to be kept */
  constructor(sampleRate: number, file = 'dist/worklet.js', post?: (message: Message) => void) {
    this.sampleRate = sampleRate;
    const global = {
      sampleRate,
      AudioWorkletProcessor: class {
        readonly messages: Message[] = [];
        readonly port = {
          postMessage: post ?? ((message: Message) => void this.messages.push(structuredClone(message))),
        };
      },
      registerProcessor: (name: string, Processor: new (options: object) => Processor) => {
        this.names.push(name);
        this.#Processor = Processor;
      },
    };
    Object.defineProperty(global, 'currentTime', { get: () => this.time });
    this.#context = createContext(global, { codeGeneration: { strings: false, wasm: true } });
    // The file asks for a global before it asks for its properties: a getter sees it.
    for (const name of MISSING) runInContext(`delete globalThis.${name}`, this.#context);
    for (const name of MISSING)
      Object.defineProperty(global, name, {
        get: () => {
          this.missed.push(name);
          return undefined;
        },
      });
    runInContext(`'use strict';{${readFileSync(file, 'utf8')}\n}`, this.#context, { filename: file });
  }

  /** A node as `new AudioWorkletNode` makes it: its options are copies. */
  node(processorOptions: WorkletOptions): Node {
    const processor = new this.#Processor!({ processorOptions: structuredClone(processorOptions) });
    const inputs: Float32Array[][] = [[]];
    return {
      messages: (processor as unknown as { messages: Message[] }).messages,
      hear: (samples) => {
        inputs[0][0] = samples;
        const goesOn = processor.process(inputs);
        this.time += samples.length / this.sampleRate;
        return goesOn;
      },
      hearNothing: () => {
        this.time += QUANTUM / this.sampleRate;
        return processor.process([[]]);
      },
      send: (request) => processor.port.onmessage?.({ data: structuredClone(request) }),
    };
  }
}
