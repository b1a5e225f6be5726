import type { Evaluation } from '../evaluation/result.js';
import { html, type Markup } from './html.js';

/** What was counted, and how, for who wants to check it. */
export function method({ arrangement, conditions, models }: Evaluation): Markup {
  const several = models.some(({ keywords }) => keywords.length > 1);
  return html`<section aria-labelledby="method">
    <h2 id="method">How this was measured</h2>
    <p>
      ${
        arrangement === 'joined'
          ? `The files of a set followed one another in one stream that was never reset, with a pause of 1.5 s after
each: of noise 30 dB below the clip before it, or of silence where no noise was given.`
          : `Each file was a stream of its own, after a moment of silence and with half a second of silence behind it.`
      }${
        conditions.length > 1 &&
        ` Under noise, a recording of noise lies over the positives, so many dB below the level of their active speech.`
      }
    </p>
    <p>
      A word was heard by the first event from the start of its clip or label to 0.5 s after its
      end.${several && ' An event of one keyword in another is a confusion.'} Every other event is a false alarm, a
      second one in the same word included. Hours are what was heard beside ${several ? 'all keywords' : 'the keyword'}.
      Latency counts from the end of the last 10 ms within 20 dB of the word's loudest to the event; it is negative
      where the event came before.
    </p>
    <p>
      Intervals hold the true rate in 95 of 100 such measurements: Clopper and Pearson's for misses, Garwood's for
      alarms, whose upper bound is one-sided where there were none. They take every utterance for independent of the
      others, which several by one speaker are
      not.${conditions.length > 1 && ' The same words under several conditions are no more words.'} Thresholds that were
      chosen on these recordings do a little worse on others.
    </p>
  </section>`;
}
