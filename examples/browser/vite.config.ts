import { defineConfig } from 'vite';

export default defineConfig({
  base: './', // so that the built page can lie in any folder of a site
  build: {
    target: 'es2022',
    outDir: '../../build/demo',
    emptyOutDir: true,
    assetsInlineLimit: 0, // files as data: URLs are no 'self' of the page's policy
    modulePreload: { polyfill: false },
  },
  // Vite 7 bundles packages while it serves, and then does not find worklet.js beside them; Vite 8 does without this.
  optimizeDeps: { exclude: ['tympan'] },
});
