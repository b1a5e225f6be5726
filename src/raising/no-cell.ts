/** A body, or a tensor of one, is no part of a cell. */
export class NoCell extends Error {}
