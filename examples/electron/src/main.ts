/** The main process: a tray, and ears in a page or, with --node-microphone, in a utility process. */
import { app, ipcMain, Menu, nativeImage, protocol, session, systemPreferences, Tray } from 'electron';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { respond, SCHEME } from './app-files.js';
import type { HearingStatus, WakeEvent } from './bridge.js';
import type { Ears } from './ears.js';
import { mayAsk, mayUse } from './permissions.js';
import { iconPixels, trayStateOf } from './tray-state.js';
import { openPageEars } from './page-ears.js';
import { openUtilityEars } from './utility-ears.js';

const read = async (name: string) => new Uint8Array(await readFile(new URL(`page/${name}`, import.meta.url)));
const iconOf = (icon: Parameters<typeof iconPixels>[0]) =>
  nativeImage.createFromBitmap(Buffer.from(iconPixels(icon, 32)), { width: 32, height: 32, scaleFactor: 2 });

// Before the app is ready, or not at all.
protocol.registerSchemesAsPrivileged([
  { scheme: SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true } },
]);

let tray: Tray | undefined; // a tray that nothing refers to disappears
let ears: Ears | undefined;

function show(status: HearingStatus): void {
  const { icon, tooltip, command } = trayStateOf(status);
  tray ??= new Tray(iconOf(icon));
  tray.setImage(iconOf(icon));
  tray.setToolTip(tooltip);
  const toggle = command && { label: command === 'pause' ? 'Pause' : 'Resume', click: () => ears?.send(command) };
  tray.setContextMenu(
    Menu.buildFromTemplate([
      { label: tooltip, enabled: false },
      ...(toggle ? [toggle] : []),
      { type: 'separator' },
      { label: 'Quit', click: () => app.quit() },
    ]),
  );
}

/** Here an application does what its word is for. */
function woken({ keyword, posterior, time }: WakeEvent): void {
  console.log(`${keyword} ${posterior.toFixed(2)} at ${time.toFixed(2)} s`);
}

/**
 * macOS asks once, and from then on gives digital zeros to a program that was refused: no error tells of it, so that it is asked for
 * before anything listens. What is taken back later shows as the state `silent`.
 */
async function isPermitted(): Promise<boolean> {
  return process.platform !== 'darwin' || systemPreferences.askForMediaAccess('microphone');
}

async function start(): Promise<void> {
  await app.whenReady();
  show({ state: 'starting', reason: 'asked', message: 'starting' });
  protocol.handle(SCHEME, ({ url }) => respond(url, read));
  session.defaultSession.setPermissionRequestHandler((_, permission, done, details) =>
    done(mayAsk(permission, details)),
  );
  session.defaultSession.setPermissionCheckHandler((_, permission, origin, details) =>
    mayUse(permission, origin, details),
  );
  if (!(await isPermitted()))
    return show({
      state: 'stopped',
      reason: 'permission-denied',
      message: 'allow the microphone in System Settings, Privacy & Security, and start again',
    });
  const at = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
  ears = process.argv.includes('--node-microphone')
    ? openUtilityEars(at('utility.js'), { woken, show })
    : openPageEars(ipcMain, at('preload.cjs'), { woken, show });
}

app.on('window-all-closed', () => {}); // it goes on in the tray
app.on('before-quit', () => ears?.close());
// Not awaited: the app is ready only after this module has been evaluated.
start().catch((error: unknown) => {
  console.error(error);
  app.exit(1);
});
