/** Writes a file in one step: whoever reads it sees the old or the new one, and a failure leaves the old. */
import { open, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { InputError } from '../index.js';

/** @throws InputError for a path that `replaceFile` would refuse, to be asked before hours are spent on what is written */
export async function checkReplaceable(path: string): Promise<void> {
  const old = await stat(path).catch(() => undefined);
  if (old && !old.isFile()) throw new InputError(`${path}: not a file, can't be replaced`);
  if (!(await stat(dirname(path)).catch(() => undefined))?.isDirectory())
    throw new InputError(`${path}: no folder ${dirname(path)} to write into`);
}

/** @throws InputError when it can't be written */
export async function replaceFile(path: string, bytes: Uint8Array): Promise<void> {
  const old = await stat(path).catch(() => undefined);
  // A rename would put a file in the place of a folder or of a device such as /dev/null.
  if (old && !old.isFile()) throw new InputError(`${path}: not a file, can't be replaced`);
  const target = old ? await realpath(path) : path; // a link stays, and what it shows is replaced
  const temporary = `${target}.${process.pid}.tmp`;
  try {
    const handle = await open(temporary, 'wx');
    try {
      if (old) await handle.chmod(old.mode & 0o777);
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, target);
  } catch (error) {
    if ((error as { code?: string }).code !== 'EEXIST') await rm(temporary, { force: true });
    throw new InputError(`${path}: can't be written: ${(error as Error).message}`, { cause: error });
  }
}
