import assert from 'node:assert/strict';
import { join, resolve } from 'node:path';
import { describe, it } from 'node:test';
import { publicCommand, publicNames } from '#dist/cli/public-names.js';

describe('names of files on a page', () => {
  it('are relative to the current folder inside of it', () => {
    const path = resolve('clips', 'happy', 'a.wav');
    const name = publicNames([path, join('.', 'clips', 'b.wav'), '..a.wav']);
    assert.equal(name(path), 'clips/happy/a.wav');
    assert.equal(name(join('.', 'clips', 'b.wav')), 'clips/b.wav');
    assert.equal(name('..a.wav'), '..a.wav');
  });

  it('are as short as tells them apart outside of it', () => {
    const paths = ['/home/someone/x/happy/a.wav', '/home/someone/x/sad/a.wav', '/home/someone/b.wav', '../../c.wav'];
    const name = publicNames(paths);
    assert.deepEqual(paths.map(name), ['happy/a.wav', 'sad/a.wav', 'b.wav', 'c.wav']);
    assert.deepEqual(['/a.wav', '/b/a.wav'].map(publicNames(['/a.wav', '/b/a.wav'])), ['a.wav', 'b/a.wav']);
  });

  it('are those of a command line, which a shell takes as it stands', () => {
    const words = ['tympan', 'eval', '-m/home/someone/hey.onnx', '--positives', '/home/someone/my clips', '../radio'];
    assert.equal(publicCommand(words), "tympan eval -mhey.onnx --positives 'my clips' radio");
    assert.equal(
      publicCommand(['--report=/home/someone/r.html', resolve('r.html'), '--snr', '-5,10', "it's", '']),
      "--report=r.html r.html --snr -5,10 'it'\\''s' ''",
    );
  });
});
