import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';

/** What a careful page allows: its own files, and to compile WebAssembly. */
export const STRICT_POLICY =
  "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; object-src 'none'; base-uri 'none'; form-action 'none'";

export interface SiteOptions {
  /** Served from its root; `index.html` for paths that end in a slash. */
  readonly folder?: string;
  /** Contents by path, such as '/page.js'; before the folder's. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  /** The Content-Security-Policy; default: STRICT_POLICY. */
  readonly policy?: string;
}

/** Files over HTTP on the loopback interface, without headers for cross-origin isolation. */
export interface Site {
  /** Without a slash at its end. */
  readonly url: string;
  /** Violations of the policy, and paths that were asked for in vain. */
  readonly problems: readonly string[];
  close(): Promise<void>;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
  '.wav': 'audio/wav',
};

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) body += chunk;
  return body;
}

/** Serves until it is closed. */
export async function openSite({ folder, files = {}, policy = STRICT_POLICY }: SiteOptions): Promise<Site> {
  const problems: string[] = [];
  const server = createServer(async (request, response) => {
    const path = new URL(request.url!, 'http://site').pathname;
    if (request.method === 'POST' && path === '/violations') {
      problems.push(`policy violated: ${await bodyOf(request)}`);
      response.writeHead(204).end();
      return;
    }
    const content = await contentOf(path);
    if (content === undefined) {
      if (path !== '/favicon.ico') problems.push(`not found: ${path}`);
      response.writeHead(path === '/favicon.ico' ? 204 : 404).end();
      return;
    }
    response.writeHead(200, {
      'content-type': TYPES[extname(path.endsWith('/') ? 'index.html' : path)] ?? 'application/octet-stream',
      'content-security-policy': `${policy}; report-uri /violations`,
      'cache-control': 'no-store',
    });
    response.end(content);
  });
  async function contentOf(path: string): Promise<string | Uint8Array | undefined> {
    const name = path.endsWith('/') ? `${path}index.html` : path;
    const content = files[path] ?? files[name];
    if (content !== undefined || folder === undefined) return content;
    return readFile(join(folder, normalize(decodeURIComponent(name)))).catch(() => undefined);
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    problems,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
