/**
 * The programs that record, in the order in which they are looked for where a sound server runs. Free of Node's types, so
 * that users of `tympan/node` need no @types/node.
 *
 * pw-record is none of them: before PipeWire 1.0 it can't write raw samples to a pipe, and PipeWire answers parec as well.
 */
export const RECORDERS = ['parec', 'arecord', 'sox', 'rec'] as const;
export type Recorder = (typeof RECORDERS)[number];
