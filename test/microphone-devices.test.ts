import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { devices } from '#dist/node/index.js';
import { driversOfSox, fromArecord, fromPactl, fromSystemProfiler } from '#dist/node/device-lists.js';
import { fake, hideRecorders } from './fake-recorder.js';

hideRecorders();

const ARECORD = `null
    Discard all samples (playback) or generate zero samples (capture)
default
    Playback/recording through the PulseAudio sound server
hw:CARD=Q9000,DEV=0
    WebCam Q9000, USB Audio
    Direct hardware device without any conversions
pulse
`;
const ALSA = [
  { id: 'default', name: 'Playback/recording through the PulseAudio sound server', isDefault: true },
  {
    id: 'hw:CARD=Q9000,DEV=0',
    name: 'WebCam Q9000, USB Audio, Direct hardware device without any conversions',
    isDefault: false,
  },
  { id: 'pulse', name: 'pulse', isDefault: false },
];
const PACTL = `Source #0
\tState: RUNNING
\tName: spk.monitor
\tDescription: Monitor of Null Output
\tMonitor of Sink: spk
\tProperties:
\t\tdevice.description = "Monitor of Null Output"

Source #1
\tName: alsa_input.usb
\tDescription: Name: WebCam
\tMonitor of Sink: n/a
`;
const PULSE = [
  { id: 'spk.monitor', name: 'Monitor of Null Output', isDefault: false, isMonitor: true },
  { id: 'alsa_input.usb', name: 'Name: WebCam', isDefault: true },
];
const PROFILE = JSON.stringify({
  SPAudioDataType: [
    {
      _name: 'coreaudio_device',
      _items: [
        {
          _name: 'Built-in Microphone',
          coreaudio_device_input: 1,
          coreaudio_default_audio_input_device: 'spaudio_yes',
        },
        { _name: 'Built-in Output', coreaudio_device_output: 2 },
        { _name: 'Headset', coreaudio_device_input: 2, coreaudio_device_output: 2 },
      ],
    },
  ],
});

const prints = (text: string) => `process.stdout.write(${JSON.stringify(text)})`;
const skip = process.platform !== 'linux' && 'the recorders of Linux';

describe('lists of devices', () => {
  it('are read as the programs print them', () => {
    assert.deepEqual(fromArecord(ARECORD), ALSA);
    assert.deepEqual(fromPactl(PACTL, 'Server Name: x\nDefault Source: alsa_input.usb\nCookie: 1:2\n'), PULSE);
    assert.deepEqual(fromSystemProfiler(PROFILE), [
      { id: 'Built-in Microphone', name: 'Built-in Microphone', isDefault: true },
      { id: 'Headset', name: 'Headset', isDefault: false },
    ]);
    assert.deepEqual(driversOfSox('SoX\n\nAUDIO DEVICE DRIVERS: alsa ao oss pulseaudio \n\nGLOBAL'), [
      'alsa',
      'ao',
      'oss',
      'pulseaudio',
    ]);
    for (const read of [fromArecord, driversOfSox, (text: string) => fromPactl(text, '')])
      assert.deepEqual(read(''), []);
  });

  it('come from the program that knows what a recorder takes', { skip }, async () => {
    fake('arecord', prints(ARECORD));
    assert.deepEqual(await devices(), ALSA);
    fake('parec', '');
    fake('pactl', `process.argv[2] === 'info' ? ${prints('Default Source: alsa_input.usb\n')} : ${prints(PACTL)}`);
    assert.deepEqual(await devices('parec'), PULSE);
    fake('rec', '');
    const { AUDIODRIVER } = process.env;
    delete process.env.AUDIODRIVER;
    try {
      fake('sox', prints('AUDIO DEVICE DRIVERS: alsa pulseaudio\n'));
      assert.deepEqual(await devices('rec'), PULSE);
      fake('sox', prints('AUDIO DEVICE DRIVERS: alsa\n'));
      assert.deepEqual(await devices('sox'), ALSA);
      fake('sox', prints('AUDIO DEVICE DRIVERS: coreaudio\n'));
      fake('system_profiler', prints(PROFILE));
      assert.equal((await devices('sox')).length, 2);
      fake('sox', prints('AUDIO DEVICE DRIVERS: waveaudio\n'));
      await assert.rejects(devices('sox'), {
        name: 'MicrophoneError',
        message: /^sox: devices can't be listed: SoX has its driver waveaudio, which has no list; /,
      });
    } finally {
      if (AUDIODRIVER !== undefined) process.env.AUDIODRIVER = AUDIODRIVER;
    }
  });

  it('that can not be had are an error that says why', { skip }, async () => {
    await assert.rejects(devices(), { reason: 'no-recorder', message: /^no recorder: / });
    await assert.rejects(devices('ffmpeg' as 'sox'), { name: 'RangeError', message: /recorder: got "ffmpeg"/ });
    fake('parec', '');
    await assert.rejects(devices('parec'), { message: "pactl: devices can't be listed: it is not installed" });
    fake('pactl', `process.stderr.write('Connection failure: Connection refused\\n'); process.exitCode = 1;`);
    await assert.rejects(devices('parec'), {
      message: "pactl: devices can't be listed: Connection failure: Connection refused",
    });
  });
});
