import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { missing, required } from '../programs.js';
import type { Browser, Page } from './browser.js';

const PROGRAMS = ['WebKitWebDriver', 'Xvfb', 'dbus-run-session'];
const LIBRARIES = '/usr/lib';
const START = 30_000; // ms
const LONGEST = 120_000; // ms, of a command

/** WebKitGTK's small browser, the newest installed; it has no place on PATH. */
function findMiniBrowser(): string | undefined {
  return readdirSync(LIBRARIES)
    .flatMap((architecture) =>
      ['webkitgtk-6.0', 'webkit2gtk-4.1', 'webkit2gtk-4.0'].map((version) =>
        join(LIBRARIES, architecture, version, 'MiniBrowser'),
      ),
    )
    .find((path) => existsSync(path));
}

/** Why tests in WebKitGTK are skipped; see `missing`. */
export function missingWebKit(): string | false {
  return missing(...PROGRAMS); // the driver's package brings MiniBrowser
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** The display that Xvfb chooses and writes; read to its end, because it dies of a pipe that is closed before. */
async function displayOf(server: ChildProcess): Promise<string> {
  let number = '';
  for await (const chunk of server.stdio[3] as Readable) number += chunk;
  if (number === '') throw new Error('Xvfb ended before it told its display');
  return `:${number.trim()}`;
}

interface Answer {
  readonly value: unknown;
}

/** W3C WebDriver: each command one request of JSON. */
async function send(url: string, method: 'GET' | 'POST' | 'DELETE', body?: object): Promise<unknown> {
  const response = await fetch(url, {
    method,
    body: body && JSON.stringify(body),
    signal: AbortSignal.timeout(LONGEST),
  });
  const { value } = (await response.json()) as Answer;
  if (!response.ok) {
    const { error, message } = value as { error: string; message: string };
    throw new Error(`WebDriver ${method} ${new URL(url).pathname}: ${error}: ${message}`);
  }
  return value;
}

async function answering(url: string): Promise<void> {
  const end = Date.now() + START;
  for (;;) {
    try {
      await send(`${url}/status`, 'GET');
      return;
    } catch (error) {
      if (Date.now() > end) throw error;
      await sleep(100);
    }
  }
}

function drive(session: string): Page {
  return {
    async evaluate<A extends unknown[], R>(call: (...args: A) => R | Promise<R>, ...args: A) {
      const script = `const done = arguments[arguments.length - 1];
        Promise.resolve().then(() => (${call})(...arguments[0]))
          .then((value) => done({ value }), (error) => done({ error: error + "\\n" + (error?.stack ?? "") }));`;
      const answer = (await send(`${session}/execute/async`, 'POST', { script, args: [args] })) as {
        value: R;
        error?: string;
      };
      if (answer.error !== undefined) throw new Error(answer.error);
      return answer.value;
    },
    async screenshot() {
      return Buffer.from((await send(`${session}/screenshot`, 'GET')) as string, 'base64');
    },
  };
}

/** WebKitGTK's MiniBrowser on a display of its own, driven by WebKitWebDriver. */
export async function openWebKit(env: Readonly<Record<string, string | undefined>> = {}): Promise<Browser> {
  const binary = findMiniBrowser();
  if (binary === undefined) throw new Error(`MiniBrowser: not found below ${LIBRARIES}; install webkit2gtk-driver`);
  const home = mkdtempSync(join(tmpdir(), 'tympan-webkit-'));
  const display = spawn(
    required('Xvfb'),
    ['-displayfd', '3', '-noreset', '-screen', '0', '1024x768x24', '-nolisten', 'tcp'],
    {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    },
  );
  const children = [display];
  const kill = () => children.forEach(signal);
  process.once('exit', kill); // a test that is ended from outside
  const close = async (): Promise<void> => {
    process.off('exit', kill);
    for (const child of children.reverse()) await end(child);
    rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const port = await freePort();
    const arguments_ = ['--', required('WebKitWebDriver'), '--host=127.0.0.1', `--port=${port}`];
    const driver = spawn(required('dbus-run-session'), arguments_, {
      stdio: 'ignore',
      detached: true, // a group of its own, which ends as one
      env: {
        ...process.env,
        HOME: home,
        XDG_RUNTIME_DIR: home,
        DISPLAY: await displayOf(display),
        WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1', // tests run as root in containers
        ...env,
      },
    });
    children.push(driver);
    const url = `http://127.0.0.1:${port}`;
    await answering(url);
    return await openSession(url, binary, close);
  } catch (error) {
    await close();
    throw error;
  }
}

async function openSession(url: string, binary: string, end: () => Promise<void>): Promise<Browser> {
  const options = { binary, args: ['--automation', '--enable-media-stream=true'] };
  const { sessionId } = (await send(`${url}/session`, 'POST', {
    capabilities: { alwaysMatch: { 'webkitgtk:browserOptions': options } },
  })) as { sessionId: string };
  const session = `${url}/session/${sessionId}`;
  await send(`${session}/timeouts`, 'POST', { script: LONGEST });
  return {
    problems: [],
    async open(address) {
      await send(`${session}/url`, 'POST', { url: address });
      const page = drive(session);
      const end = Date.now() + START;
      // The command can return while the blank page before is still the current one.
      while (!(await page.evaluate((url) => location.href === url && document.readyState === 'complete', address))) {
        if (Date.now() > end) throw new Error(`${address}: not loaded within ${START} ms`);
        await sleep(50);
      }
      return page;
    },
    async close() {
      await send(session, 'DELETE').catch(() => {}); // a browser that crashed is closed
      await end();
    },
  };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  signal(child);
  await ended;
}

function signal(child: ChildProcess): void {
  try {
    process.kill(child.spawnargs[0].endsWith('dbus-run-session') ? -child.pid! : child.pid!, 'SIGTERM');
  } catch {
    // it has ended by itself
  }
}
