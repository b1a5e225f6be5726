/** What a microphone tells about itself while it listens. Free of Node's types. */

/** Why a recording failed. */
export type MicrophoneFailure =
  /** The program, or any program, is not installed or can't be run. */
  | 'no-recorder'
  /** The device, or any device, is not there. */
  | 'no-device'
  /** Another program holds the device. */
  | 'device-busy'
  /** The device, or the sound server, went while it was recorded. */
  | 'device-lost'
  | 'permission-denied'
  /** The recorder was killed, or ended for another reason: the message has its own words. */
  | 'recorder-failed'
  /** The recorder runs but delivers nothing. */
  | 'recorder-hangs'
  /** The recorder's header tells of other samples than were asked for. */
  | 'wrong-format'
  /** The machine is out of file descriptors, processes or memory. */
  | 'no-resources';

/** A plain object: it can be sent to another process as it is. */
export interface MicrophoneStatus {
  /**
   * `listening` and `silent` while sound comes, `silent` when it is nothing but digital zeros; `stopped` is the last.
   */
  readonly state: 'starting' | 'listening' | 'silent' | 'reconnecting' | 'paused' | 'stopped';
  /**
   * `asked`: the program did. `recorder-ended`: the recorder by itself, without a complaint. `sound`: sound has begun, or
   * is back after silence. `overrun`: samples were dropped because nobody took them. `error`: `onStatus` threw.
   */
  readonly reason:
    MicrophoneFailure | 'asked' | 'aborted' | 'recorder-ended' | 'sound' | 'digital-silence' | 'overrun' | 'error';
  /** One sentence for a person. Of `reconnecting`: what has happened, as `attempt` and `delay` say when the next try is. */
  readonly message: string;
  /** Of `reconnecting`: 1 for the first try since sound last came for 5 s. */
  readonly attempt?: number;
  /** Of `reconnecting`: milliseconds until that try. */
  readonly delay?: number;
  /** Of `overrun`: samples dropped since the beginning. */
  readonly overruns?: number;
}
