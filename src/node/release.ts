/**
 * A recorder does not outlive this process, whatever ends that: a recorder that writes dies of its broken pipe, but one
 * that hangs would hold the device for ever.
 *
 * A hook on `exit` serves `process.exit`, the end of the program and uncaught exceptions. Signals that kill run no code of
 * Node's. Listeners of ours for SIGINT and SIGTERM would change what they do by default, and libraries that raise a signal
 * anew when they are its only listener would wait for each other; SIGKILL can't be heard at all. So a shell waits beside the
 * recorder, at the end of a pipe that only this process holds open.
 */
import { spawn, type ChildProcess } from 'node:child_process';

/** Recorders that run. One exit hook serves them all. */
const running = new Set<ChildProcess>();
const killAll = () => running.forEach((child) => child.kill('SIGKILL'));

/** `read` ends with the pipe. */
const GUARD = 'read -r _; kill -s TERM "$1"; sleep 1; kill -s KILL "$1"';

/** @returns to be called when the recorder has gone by itself; resolves when nothing is left */
export function releaseAtExit(recorder: ChildProcess): () => Promise<void> {
  if (running.size === 0) process.on('exit', killAll);
  running.add(recorder);
  const dismiss = process.platform === 'win32' ? () => Promise.resolve() : guard(recorder.pid!);
  return () => {
    running.delete(recorder);
    if (running.size === 0) process.off('exit', killAll);
    return dismiss();
  };
}

/** Without a shell, or descriptors for it, a recorder is only guarded by the exit hook. */
function guard(pid: number): () => Promise<void> {
  const shell = spawn('/bin/sh', ['-c', GUARD, 'sh', String(pid)], {
    cwd: '/',
    env: { PATH: '/usr/bin:/bin' },
    detached: true, // a Ctrl-C at the terminal goes to the whole group of processes
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const gone = new Promise<void>((resolve) => {
    shell.once('exit', () => resolve());
    shell.once('error', () => resolve());
  });
  shell.unref();
  const pipe = shell.stdin as (NonNullable<typeof shell.stdin> & { unref(): void }) | undefined;
  pipe?.on('error', () => {});
  pipe?.unref();
  return () => {
    shell.ref(); // somebody waits for its end
    shell.kill('SIGKILL');
    pipe?.destroy();
    return gone;
  };
}
