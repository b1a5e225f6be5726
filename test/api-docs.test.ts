import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import test from 'node:test';

test('the API reference has no undocumented class or function, no broken link, and no type that is not exported', () => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['node_modules/typedoc/bin/typedoc', '--emit', 'none'],
    {
      encoding: 'utf8',
    },
  );
  assert.equal(status, 0, stdout + stderr);
});
