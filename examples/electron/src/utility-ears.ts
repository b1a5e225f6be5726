import { utilityProcess } from 'electron';
import { parseStatus, parseWake } from './bridge.js';
import type { Ears, Told } from './ears.js';

/** Ears in a utility process, with Node's microphone. */
export function openUtilityEars(script: string, { woken, show }: Told): Ears {
  const child = utilityProcess.fork(script, [], { serviceName: 'Tympan microphone' });
  let isOpen = true;
  child.on('message', (message: { readonly type?: unknown; readonly event?: unknown; readonly status?: unknown }) => {
    const wake = message?.type === 'wake' ? parseWake(message.event) : null;
    if (wake) woken(wake);
    const status = message?.type === 'status' ? parseStatus(message.status) : null;
    if (status) show(status);
  });
  child.on('exit', (code) => {
    if (isOpen && code !== 0)
      show({ state: 'stopped', reason: 'error', message: `the microphone's process ended with ${code}` });
    isOpen = false;
  });
  return {
    send: (command) => child.postMessage(command),
    close: () => {
      isOpen = false;
      child.kill(); // by SIGTERM, upon which the recorder is let go of
    },
  };
}
