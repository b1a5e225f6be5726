/**
 * The page's files, at app://tympan/. AudioWorklet and the microphone want a secure context, and module scripts an origin: file:// has
 * neither, a standard and secure scheme of one's own has both.
 */
export const SCHEME = 'app';
export const ORIGIN = `${SCHEME}://tympan`;

/** 'wasm-unsafe-eval' lets WebAssembly be compiled, and no JavaScript. */
export const POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; style-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** All that there is: no path leads to another file. */
const TYPES: Readonly<Record<string, string>> = {
  'index.html': 'text/html; charset=utf-8',
  'renderer.js': 'text/javascript; charset=utf-8',
  'worklet.js': 'text/javascript; charset=utf-8',
  'happy.onnx': 'application/octet-stream',
};

/** Whether a URL, or an origin, is the page's own. */
export function isOwn(url: string): boolean {
  return url === ORIGIN || url.startsWith(`${ORIGIN}/`);
}

/** The answer to a request for a file of the page. @param read gives its bytes by its name */
export async function respond(
  url: string,
  read: (name: string) => Promise<Uint8Array<ArrayBuffer>>,
): Promise<Response> {
  const path = isOwn(url) ? new URL(url).pathname : '';
  const name = path === '/' ? 'index.html' : path.slice(1);
  if (!Object.hasOwn(TYPES, name)) return new Response('not found', { status: 404 });
  const headers = {
    'content-type': TYPES[name],
    'content-security-policy': POLICY,
    'x-content-type-options': 'nosniff',
  };
  return new Response(await read(name), { headers });
}
