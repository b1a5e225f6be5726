/** What a file may ask for, whatever its size: held against it before memory is taken. */

/** A network has tens to hundreds; exporters that write out every time step, thousands. */
export const maxNodes = 16384;

/** Bodies within bodies. */
export const maxDepth = 8;

/** Inputs of a node, and its outputs: those that take any number join the steps or layers of a network. */
export const maxPlaces = 4096;

/** What nodes become, those of bodies too: an operator of many inputs becomes several operations. */
export const maxOperations = 16384;

/** Axes of a tensor: more than any operator's tensors have. */
export const maxRank = 16;

/** Wider integers and truth values of all constants, 8 bytes each: they are shapes, axes, indices and masks. */
export const maxIntegers = 2 ** 20;

/** Numbers of 8 and 16 bits of all constants: they are weights, and take 12 bytes each once they are floats with their scales. */
export const maxQuantized = 2 ** 24;

/** Characters of an input's or output's name, which is kept as it is. */
export const maxPortName = 1024;
