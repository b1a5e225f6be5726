/** A minute of sound through the worklet in a browser's OfflineAudioContext, where a browser is installed. */
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { build } from 'esbuild';
import { launch } from 'puppeteer-core';

const SECONDS = 60;
const RATE = 48000; // Hz
const BROWSERS = { Chromium: ['chrome', '/usr/bin/chromium'], Firefox: ['firefox', '/usr/bin/firefox-esr'] };

/** In the page: milliseconds of rendering, and the events that came. */
const PAGE = `
import { loadModel } from 'tympan';
import { createDetectorNode } from 'tympan/browser';

window.hear = async (seconds, rate) => {
  const model = await loadModel('/happy.onnx');
  const context = new OfflineAudioContext(1, seconds * rate, rate);
  let events = 0;
  const detector = await createDetectorNode(context, model, { workletUrl: '/worklet.js', onWake: () => events++ });
  const sound = await context.decodeAudioData(await (await fetch('/happy.wav')).arrayBuffer());
  const source = new AudioBufferSourceNode(context, { buffer: sound, loop: true });
  source.connect(detector.node);
  source.start();
  const start = performance.now();
  await context.startRendering();
  await detector.flush();
  return { milliseconds: performance.now() - start, events };
};`;

async function serve() {
  const bundle = { stdin: { contents: PAGE, resolveDir: '.' }, bundle: true, format: 'esm', write: false };
  const { outputFiles } = await build({ ...bundle, external: ['node:*'] });
  const files = {
    '/': ['text/html', '<!doctype html><title>bench</title><script type="module" src="/page.js"></script>'],
    '/page.js': ['text/javascript', outputFiles[0].contents],
    '/worklet.js': ['text/javascript', readFileSync('dist/worklet.js')],
    '/happy.onnx': ['application/octet-stream', readFileSync('models/happy.onnx')],
    '/happy.wav': ['audio/wav', readFileSync('models/samples/happy.wav')],
  };
  const server = createServer((request, response) => {
    const [type, content] = files[request.url] ?? ['text/plain', ''];
    response.writeHead(files[request.url] ? 200 : 404, { 'content-type': type }).end(content);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

/** Renders `rounds` times in each browser; prints the median. */
export async function benchOffline(rounds) {
  console.log(`\nThe worklet in an OfflineAudioContext: ${SECONDS} s at ${RATE} Hz, happy.onnx`);
  const server = await serve();
  try {
    for (const [name, [browser, executablePath]] of Object.entries(BROWSERS)) {
      if (!existsSync(executablePath)) {
        console.log(`  ${name.padEnd(36)} not installed`);
        continue;
      }
      const args = browser === 'chrome' ? ['--no-sandbox'] : [];
      const driver = await launch({ browser, executablePath, args, headless: true });
      try {
        const page = await driver.newPage();
        await page.goto(`http://127.0.0.1:${server.address().port}/`);
        await page.waitForFunction('window.hear !== undefined');
        const results = [];
        for (let i = 0; i < rounds; i++) results.push(await page.evaluate(`hear(${SECONDS}, ${RATE})`));
        const times = results.map(({ milliseconds }) => milliseconds).sort((a, b) => a - b);
        const { events } = results[0];
        console.log(
          `  ${name.padEnd(36)}${(times[times.length >> 1] / 1000).toFixed(2).padStart(8)} s, ${events} events`,
        );
      } finally {
        await driver.close();
      }
    }
  } finally {
    server.close();
  }
}
