import { isOwn } from './app-files.js';

/** What Electron tells of a request; its own types say more. */
export interface Asked {
  /** Of the request handler. */
  readonly mediaTypes?: readonly string[];
  readonly requestingUrl?: string;
  /** Of the check handler. */
  readonly mediaType?: string;
}

/** Grants the microphone to the page's own origin, and nothing else to anybody: no camera, no other permission. */
export function mayAsk(permission: string, { mediaTypes, requestingUrl = '' }: Asked): boolean {
  const isSound = mediaTypes?.length === 1 && mediaTypes[0] === 'audio';
  return permission === 'media' && isSound && isOwn(requestingUrl);
}

/** The same for what is checked without asking, such as the names of devices. */
export function mayUse(permission: string, origin: string, { mediaType }: Asked): boolean {
  return permission === 'media' && mediaType === 'audio' && isOwn(origin.replace(/\/$/, ''));
}
