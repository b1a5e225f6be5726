/** The only code that sees both Electron and the page; it hands on messages, and nothing of ipcRenderer. */
import { contextBridge, ipcRenderer } from 'electron';
import { CHANNELS, parseCommand, parseStatus, parseWake, type Bridge } from './bridge.js';

const bridge: Bridge = {
  wake: (event) => {
    const wake = parseWake(event);
    if (wake) ipcRenderer.send(CHANNELS.wake, wake);
  },
  status: (status) => {
    const parsed = parseStatus(status);
    if (parsed) ipcRenderer.send(CHANNELS.status, parsed);
  },
  onCommand: (listener) => {
    ipcRenderer.on(CHANNELS.command, (_, value: unknown) => {
      const command = parseCommand(value);
      if (command) listener(command);
    });
  },
};

contextBridge.exposeInMainWorld('tympan', bridge);
