import { BrowserWindow, type IpcMain, type IpcMainEvent } from 'electron';
import { isOwn, ORIGIN } from './app-files.js';
import { CHANNELS, parseStatus, parseWake } from './bridge.js';
import type { Ears, Told } from './ears.js';

/** Ears in a page that can do nothing else: sandboxed, isolated, without Node, and never anywhere else than at its own origin. */
export function openPageEars(ipcMain: IpcMain, preload: string, { woken, show }: Told): Ears {
  const window = new BrowserWindow({
    ...{ width: 480, height: 360, title: 'Tympan' },
    webPreferences: {
      preload,
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      backgroundThrottling: false, // a window that is hidden listens on
      autoplayPolicy: 'no-user-gesture-required', // nobody clicks before the first word
    },
  });
  const { webContents } = window;
  webContents.setWindowOpenHandler(() => ({ action: 'deny' }));
  webContents.on('will-navigate', (event) => event.preventDefault());
  webContents.on('render-process-gone', (_, { reason }) =>
    show({ state: 'stopped', reason: 'error', message: `the page is gone: ${reason}` }),
  );
  // Closing the window hides it, and the tray's Quit ends all.
  let isQuitting = false;
  window.on('close', (event) => {
    if (isQuitting) return;
    event.preventDefault();
    window.hide();
  });
  const isFromPage = ({ sender, senderFrame }: IpcMainEvent): boolean =>
    sender === webContents && senderFrame === webContents.mainFrame && isOwn(senderFrame.url);
  ipcMain.on(CHANNELS.wake, (event, value: unknown) => {
    const wake = isFromPage(event) ? parseWake(value) : null;
    if (wake) woken(wake);
  });
  ipcMain.on(CHANNELS.status, (event, value: unknown) => {
    const status = isFromPage(event) ? parseStatus(value) : null;
    if (status) show(status);
  });
  void window.loadURL(`${ORIGIN}/`);
  return {
    send: (command) => webContents.send(CHANNELS.command, command),
    close: () => {
      isQuitting = true;
    },
  };
}
