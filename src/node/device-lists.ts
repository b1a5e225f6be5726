/** What programs print about the devices of a machine. */
import type { Device } from './devices.js';

/** `arecord -L`: names at the beginning of a line, their descriptions indented below. */
export function fromArecord(text: string): Device[] {
  const found: { id: string; name: string }[] = [];
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue;
    const last = found.at(-1);
    if (/^\S/.test(line)) found.push({ id: line.trim(), name: '' });
    else if (last) last.name = last.name ? `${last.name}, ${line.trim()}` : line.trim();
  }
  return found
    .filter(({ id }) => id !== 'null') // an endless silence
    .map(({ id, name }) => ({ id, name: name || id, isDefault: id === 'default' }));
}

/**
 * `pactl list sources` in English: a block a source.
 *
 * @param info what `pactl info` prints: it has the default
 */
export function fromPactl(text: string, info: string): Device[] {
  const chosen = /^Default Source: (.*)$/m.exec(info)?.[1];
  const devices: Device[] = [];
  for (const block of text.split(/^Source #/m)) {
    const id = /^\tName: (.*)$/m.exec(block)?.[1];
    if (id === undefined) continue;
    const name = /^\tDescription: (.*)$/m.exec(block)?.[1] ?? id;
    const sink = /^\tMonitor of Sink: (.*)$/m.exec(block)?.[1] ?? 'n/a';
    devices.push({ id, name, isDefault: id === chosen, ...(sink !== 'n/a' && { isMonitor: true }) });
  }
  return devices;
}

/** The part of `system_profiler SPAudioDataType -json` that is used. */
interface AudioProfile {
  readonly SPAudioDataType?: readonly { readonly _items?: readonly Readonly<Record<string, unknown>>[] }[];
}

/** macOS: the devices that have inputs; SoX knows them by their names. */
export function fromSystemProfiler(text: string): Device[] {
  const profile = JSON.parse(text) as AudioProfile;
  const items = profile.SPAudioDataType?.flatMap((group) => group._items ?? []) ?? [];
  return items
    .filter((item) => typeof item._name === 'string' && Number(item.coreaudio_device_input ?? 0) > 0)
    .map((item) => ({
      id: String(item._name),
      name: String(item._name),
      isDefault: item.coreaudio_default_audio_input_device === 'spaudio_yes',
    }));
}

/** The drivers that `sox --help` lists. */
export function driversOfSox(help: string): string[] {
  return /^AUDIO DEVICE DRIVERS: (.*)$/m.exec(help)?.[1].trim().split(/\s+/) ?? [];
}
