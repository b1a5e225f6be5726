import { checkNames, FIELDS, type DetectionOptions } from '../detection/settings.js';
import { checkAround } from '../hearing/clips.js';
import { typeName } from '../typed-arrays.js';
import type { DetectorNodeOptions } from './detector-node.js';
import type { ListenOptions } from './listener.js';

const CALLBACKS = ['onWake', 'onPosteriors', 'onFeatures', 'onLevel'];
const OF_NODE = [...FIELDS, 'workletUrl', 'audio', 'signal', ...CALLBACKS];

/** @throws TypeError, RangeError naming the option that is wrong; settings of keywords are checked with the models */
export function checkNodeOptions(options: DetectorNodeOptions): void {
  checkNames('createDetectorNode', options, [...OF_NODE, 'onSilence', 'onError']);
  checkShared(options, [...CALLBACKS, 'onSilence', 'onError']);
}

/** @throws TypeError, RangeError as `checkNodeOptions` */
export function checkListenOptions(options: ListenOptions): void {
  checkNames('listen', options, [...OF_NODE, 'device', 'stream', 'context', 'whenHidden', 'reconnect', 'onStatus']);
  checkShared(options, [...CALLBACKS, 'onStatus']);
  const { device, stream, context, whenHidden, reconnect } = options;
  checkType('device', device, 'string');
  checkType('reconnect', reconnect, 'boolean');
  if (device === '') throw new RangeError('device: got "", expected the id of a device; leave it out for the default');
  if (stream !== undefined && typeof stream?.getAudioTracks !== 'function')
    throw new TypeError(`stream: got ${typeName(stream)}, expected a MediaStream`);
  if (stream?.getAudioTracks().length === 0) throw new RangeError('stream: has no audio track, expected one');
  if (stream && (device !== undefined || reconnect))
    throw new TypeError('device, reconnect: are of a microphone; leave them out where you give a stream');
  if (context !== undefined && typeof context?.createMediaStreamSource !== 'function')
    throw new TypeError(`context: got ${typeName(context)}, expected an AudioContext; createDetectorNode takes any`);
  if (whenHidden !== undefined && whenHidden !== 'listen' && whenHidden !== 'pause')
    throw new RangeError(`whenHidden: got "${String(whenHidden)}", expected "listen" or "pause"`);
}

/** @throws TypeError where there are other options than those of keywords */
export function checkConfigureOptions(options: DetectionOptions): void {
  checkNames('configure', options, FIELDS);
}

function checkShared(options: DetectorNodeOptions | ListenOptions, callbacks: readonly string[]): void {
  for (const name of callbacks) checkType(name, (options as Readonly<Record<string, unknown>>)[name], 'function');
  const { workletUrl, audio, signal } = options;
  if (workletUrl !== undefined && typeof workletUrl !== 'string' && typeName(workletUrl) !== 'URL')
    throw new TypeError(`workletUrl: got ${typeName(workletUrl)}, expected a string or a URL`);
  if (signal !== undefined && typeof signal?.addEventListener !== 'function')
    throw new TypeError(`signal: got ${typeName(signal)}, expected an AbortSignal`);
  if (audio !== undefined) checkAround(audio);
}

function checkType(name: string, value: unknown, type: 'string' | 'boolean' | 'function'): void {
  if (value !== undefined && typeof value !== type)
    throw new TypeError(`${name}: got ${typeName(value)}, expected a ${type}`);
}
