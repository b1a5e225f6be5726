/** `tympan listen --list-devices`. */
import { devices } from '../node/index.js';
import type { ListenFlags } from './listen.js';
import { table, toJson } from './terminal.js';

export async function listDevices({ recorder, json }: ListenFlags): Promise<void> {
  const found = await devices(recorder);
  if (json) {
    process.stdout.write(`${toJson(found, 2)}\n`);
    return;
  }
  const rows = found.map(({ id, name, isDefault, isMonitor }) => [
    id,
    [name, isDefault && 'the default', isMonitor && 'what a loudspeaker plays'].filter(Boolean).join(', '),
  ]);
  const lines = table([{ title: '--device' }, { title: 'is' }], rows);
  process.stdout.write(found.length > 0 ? `${lines.join('\n')}\n` : 'no inputs\n');
}
