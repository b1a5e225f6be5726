import type { Clip, Wake } from 'tympan/browser';
import { create, element } from './dom.js';
import { play, stopPlaying } from './player.js';
import { wavFile } from './wav-file.js';
import { clock, percent } from './words.js';

/** Older ones are dropped, with their sound. */
const MOST = 100;

/** What was heard, the newest first, each with the sound around it to play and to keep. */
export class Detections {
  readonly #list = element('#detections', HTMLOListElement);
  readonly #count = element('#count', HTMLElement);
  readonly #empty = element('#empty', HTMLElement);
  readonly #announcement = element('#announcement', HTMLElement);
  /** Addresses of files, to be let go of with their items. */
  readonly #files = new Map<Element, string>();
  #heard = 0;

  clear(): void {
    stopPlaying();
    for (const item of [...this.#list.children]) this.#drop(item);
    this.#heard = 0;
    this.#tellCount();
    this.#announcement.textContent = '';
  }

  add(wake: Wake): void {
    const item = this.#item(wake);
    this.#list.prepend(item);
    if (this.#list.children.length > MOST) this.#drop(this.#list.lastElementChild!);
    this.#heard++;
    this.#tellCount();
    this.#announcement.textContent = `${wake.keyword}, ${percent(wake.posterior)}, at ${clock(wake.time)}`;
  }

  #drop(item: Element): void {
    URL.revokeObjectURL(this.#files.get(item) ?? '');
    this.#files.delete(item);
    item.remove();
  }

  #tellCount(): void {
    this.#count.textContent = String(this.#heard);
    this.#empty.hidden = this.#heard > 0;
    this.#list.hidden = this.#heard === 0;
  }

  #item({ keyword, posterior, time, audio }: Wake): HTMLLIElement {
    const item = create('li');
    const bar = create('span', 'bar');
    bar.style.setProperty('--part', String(posterior));
    bar.setAttribute('aria-hidden', 'true');
    item.append(
      create('strong', 'keyword', keyword),
      create('span', 'confidence', percent(posterior)),
      create('span', 'time', clock(time)),
      bar,
    );
    if (audio) {
      const which = `${keyword} at ${clock(time)}`;
      const actions = create('span', 'clip', 'recording…');
      item.append(actions);
      audio.then(
        (clip) => actions.replaceChildren(playButton(clip, which), this.#saveLink(item, clip, which)),
        () => actions.replaceChildren('no sound kept'),
      );
    }
    return item;
  }

  #saveLink(item: Element, clip: Clip, which: string): HTMLAnchorElement {
    const link = create('a', 'button', 'Save');
    link.setAttribute('aria-label', `Save ${which} as WAV`);
    link.download = `${which.replace(/[^\p{L}\p{N}.]+/gu, '-')}.wav`;
    link.href = URL.createObjectURL(wavFile(clip));
    this.#files.set(item, link.href);
    return link;
  }
}

function playButton(clip: Clip, which: string): HTMLButtonElement {
  const button = create('button');
  button.type = 'button';
  let isPlaying: boolean;
  const show = (plays: boolean): void => {
    isPlaying = plays;
    button.textContent = plays ? 'Stop' : 'Play';
    button.setAttribute('aria-label', `${button.textContent} ${which}`);
  };
  show(false);
  button.onclick = () => {
    if (isPlaying) return stopPlaying();
    play(clip, () => show(false));
    show(true);
  };
  return button;
}
