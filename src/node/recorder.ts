/** The programs that record. Free of Node's types, so that users of `tympan/node` need no @types/node. */
export const RECORDERS = ['arecord', 'sox', 'rec'] as const;
export type Recorder = (typeof RECORDERS)[number];
