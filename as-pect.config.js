/** as-pect 8.1.0 with AssemblyScript 0.28.14, the newest pair that works together; package.json overrides as-pect's own. */
export default {
  entries: ['assembly/__tests__/**/*.spec.ts'],
  include: [],
  disclude: [/node_modules/],
  async instantiate(memory, createImports, instantiate, binary) {
    return instantiate(binary, createImports({ env: { memory } }));
  },
  outputBinary: false,
};
