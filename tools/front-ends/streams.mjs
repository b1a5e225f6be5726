import { framingOf } from '../../dist/features/framing.js';
import { PRESET_NAMES } from '../../dist/features/parse-recipe.js';
import { completePreset } from './presets.mjs';
import { table } from './tables.mjs';

/** What a stream of each preset does: when features come, how much sound is behind them, what only whole clips have. */
export function streamTable() {
  const rows = PRESET_NAMES.filter((name) => name !== 'custom').map((name) => {
    const recipe = completePreset(name);
    const { first, hopLength, frameLength } = framingOf(recipe);
    const times = [first, hopLength, frameLength / 2].map((samples) =>
      ((1000 * samples) / recipe.sampleRate).toFixed(1),
    );
    return [`\`${name}\``, ...times, otherwise(recipe)];
  });
  return table(['preset', 'first frame (ms)', 'then every (ms)', 'look-ahead (ms)', 'otherwise than on a clip'], rows);
}

function otherwise({ normalize, topDb }) {
  if (normalize === 'peak') return 'refused, unless `normalize` is `"none"`';
  return topDb > 0 ? `quiet bands are not raised to ${topDb} dB below the loudest (\`topDb\`)` : 'nothing';
}
