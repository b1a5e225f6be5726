import type { Clip } from 'tympan/browser';

let stop: (() => void) | undefined;

/** Plays a clip, in place of the one that is playing. */
export function play({ samples, sampleRate }: Clip, ended: () => void): void {
  stopPlaying();
  const context = new AudioContext();
  const buffer = new AudioBuffer({ length: Math.max(1, samples.length), sampleRate });
  buffer.copyToChannel(new Float32Array(samples), 0);
  const source = new AudioBufferSourceNode(context, { buffer });
  source.onended = stop = () => {
    stop = undefined;
    source.onended = null;
    void context.close();
    ended();
  };
  source.connect(context.destination);
  source.start();
}

export function stopPlaying(): void {
  stop?.();
}
