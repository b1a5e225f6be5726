/** Electron's main process, as far as the example uses it: what is asked of it is written down, and events are the test's to make. */
import { fork, type ChildProcess } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface MenuEntry {
  readonly label?: string;
  readonly enabled?: boolean;
  readonly type?: string;
  readonly click?: () => void;
}

export class FakeTray {
  tooltip = '';
  menu: readonly MenuEntry[] = [];
  image: unknown;

  constructor(image: unknown) {
    this.image = image;
    trays.push(this);
  }
  setImage(image: unknown): void {
    this.image = image;
  }
  setToolTip(text: string): void {
    this.tooltip = text;
  }
  setContextMenu(menu: readonly MenuEntry[]): void {
    this.menu = menu;
  }
}

class FakeContents extends EventEmitter {
  readonly mainFrame = { url: 'app://tympan/' };
  readonly sent: unknown[][] = [];
  openHandler: (() => { action: string }) | undefined;

  setWindowOpenHandler(handler: () => { action: string }): void {
    this.openHandler = handler;
  }
  send(...message: unknown[]): void {
    this.sent.push(message);
  }
}

export class FakeWindow extends EventEmitter {
  readonly webContents = new FakeContents();
  readonly options: { readonly webPreferences: Readonly<Record<string, unknown>> };
  url = '';
  isHidden = false;

  constructor(options: FakeWindow['options']) {
    super();
    this.options = options;
    windows.push(this);
  }
  async loadURL(url: string): Promise<void> {
    this.url = url;
  }
  hide(): void {
    this.isHidden = true;
  }
}

/** A process of Node's that finds `process.parentPort`, as a utility process does. */
class FakeUtility extends EventEmitter {
  readonly #child: ChildProcess;

  constructor(script: string, args: readonly string[]) {
    super();
    this.#child = fork(script, [...args], { execArgv: ['--import', PARENT_PORT] });
    this.#child.on('message', (message) => this.emit('message', message));
    this.#child.on('exit', (code) => this.emit('exit', code));
    utilities.push(this);
  }
  get pid(): number {
    return this.#child.pid!;
  }
  postMessage(message: unknown): void {
    this.#child.send(message as string);
  }
  kill(): boolean {
    return this.#child.kill();
  }
}

const PARENT_PORT = `data:text/javascript,${encodeURIComponent(`
process.parentPort = {
  postMessage: (message) => process.send(message),
  on: (event, listener) => process.on(event, (data) => listener({ data })),
};`)}`;

export const trays: FakeTray[] = [];
export const windows: FakeWindow[] = [];
export const utilities: FakeUtility[] = [];
/** In the order in which they were made. */
export const calls: string[] = [];
export const handlers: {
  protocol?: (request: { url: string }) => Promise<Response>;
  request?: (contents: unknown, permission: string, done: (isGranted: boolean) => void, details: object) => void;
  check?: (contents: unknown, permission: string, origin: string, details: object) => boolean;
  schemes?: readonly object[];
} = {};

class FakeApp extends EventEmitter {
  async whenReady(): Promise<void> {
    calls.push('whenReady');
  }
  quit(): void {
    calls.push('quit');
    this.emit('before-quit');
  }
  exit(code: number): void {
    calls.push(`exit ${code}`);
  }
}

export const fake = {
  app: new FakeApp(),
  ipcMain: new EventEmitter(),
  protocol: {
    registerSchemesAsPrivileged: (schemes: readonly object[]) => {
      calls.push('registerSchemesAsPrivileged');
      handlers.schemes = schemes;
    },
    handle: (_: string, handler: NonNullable<typeof handlers.protocol>) => void (handlers.protocol = handler),
  },
  session: {
    defaultSession: {
      setPermissionRequestHandler: (handler: typeof handlers.request) => void (handlers.request = handler),
      setPermissionCheckHandler: (handler: typeof handlers.check) => void (handlers.check = handler),
    },
  },
  systemPreferences: { askForMediaAccess: async () => true },
  nativeImage: { createFromBitmap: (bytes: Uint8Array, size: object) => ({ bytes, ...size }) },
  Menu: { buildFromTemplate: (template: readonly MenuEntry[]) => template },
  Tray: FakeTray,
  BrowserWindow: FakeWindow,
  utilityProcess: { fork: (script: string, args: readonly string[]) => new FakeUtility(script, args) },
};

/** Puts a module `electron` into a folder of packages, of which the example's main process takes all this. */
export function install(packages: string): void {
  Object.assign(globalThis, { fakeElectron: fake });
  const folder = join(packages, 'electron');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "type": "module", "exports": "./index.js" }');
  writeFileSync(
    join(folder, 'index.js'),
    `export const { ${Object.keys(fake).join(', ')} } = globalThis.fakeElectron;`,
  );
}
